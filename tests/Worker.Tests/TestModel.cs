using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Batching;
using Millrace.Worker.Inference;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Inference.Tensors;
using Millrace.Worker.Jobs;
using Millrace.Worker.Tests.Onnx;
using Xunit;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests;

/// <summary>A real graph in a real session, put together as <see cref="ModelLoader"/> does it.</summary>
internal sealed class TestModel : IDisposable
{
    // Not a value that is near any that a test expects: -24.2 as FP32, -2.9 as FP16, no BOOL, and far from zero as any whole number.
    private const byte Poison = 0xC1;

    private TestModel(ModelVersion version, Predictor predictor, bool? givesSingles)
    {
        Version = version;
        Predictor = predictor;
        GivesSingles = givesSingles;
    }

    public ModelVersion Version { get; }

    public Predictor Predictor { get; }

    /// <summary>What the probe found.</summary>
    public bool? GivesSingles { get; }

    public static TestModel Open(OnnxGraph graph, ModelConfig? config = null, Action? reopened = null) =>
        Open(graph.Open(), config ?? new ModelConfig(), () =>
        {
            reopened?.Invoke();
            return graph.Open();
        });

    /// <summary>Takes over the session.</summary>
    public static TestModel Open(InferenceSession session, ModelConfig config, Func<InferenceSession>? reopen = null, TimeProvider? time = null)
    {
        var problems = new List<string>();
        var signature = ModelSignature.Of(session, problems.Add);
        Assert.Empty(problems);
        using var options = new RunOptions();
        var givesSingles = signature.HasBatchDimension ? BatchProbe.GivesSingles(session, signature, options) : null;
        var version = ModelVersionFactory.Create("m", "1", config, signature, givesSingles, problems.Add);
        Assert.Empty(problems);
        return new TestModel(version, new Predictor(version, session, reopen ?? NoOther, new Lock(), time ?? TimeProvider.System) { Fill = Poison }, givesSingles);
    }

    public RunnableJob Job(params Tensor[] inputs) => PendingJobs.ToRun(Version, TimeProvider.System, inputs);

    /// <summary>A job that wants its good rows answered.</summary>
    public RunnableJob PartialJob(params Tensor[] inputs) =>
        PendingJobs.ToRun(Version, TimeProvider.System, new PredictionJob { Inputs = inputs, Parameters = PendingJobs.AsksPartial });

    /// <summary>Runs one job by itself, over as many batches as it takes.</summary>
    public IReadOnlyList<Tensor> Run(params Tensor[] inputs) => Run([Job(inputs)])[0];

    /// <summary>Runs jobs in the batches that a batcher makes of them.</summary>
    public IReadOnlyList<IReadOnlyList<Tensor>> Run(IReadOnlyList<RunnableJob> jobs, List<int>? rowsRun = null)
    {
        using var batcher = new Batcher(Version.MaxBatchSize, TimeSpan.Zero, TimeProvider.System);
        foreach (var job in jobs)
        {
            batcher.Add(job);
        }

        batcher.Close();
        while (batcher.Take([]) is { } batch)
        {
            var rows = Predictor.Run(batch);
            rowsRun?.Add(rows);
            foreach (var slice in batch.Slices)
            {
                slice.Job.Outputs.Complete(slice.Rows);
            }
        }

        return [.. jobs.Select(job => job.Outputs.ToTensors(Version))];
    }

    public void Dispose() => Predictor.Dispose();

    private static InferenceSession NoOther() => throw new InvalidOperationException("This model is not expected to break.");
}
