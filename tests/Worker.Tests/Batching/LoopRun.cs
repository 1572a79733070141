using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Millrace.Worker.Batching;
using Millrace.Worker.Delivery;
using Millrace.Worker.Embedded;
using Millrace.Worker.Inference;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Retries;
using Xunit;

namespace Millrace.Worker.Tests.Batching;

/// <summary>One session's loop, on jobs that are all there before its first run.</summary>
internal static class LoopRun
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs the jobs in a loop of their own until all of them are committed and the loop has ended.</summary>
    /// <param name="model">The model.</param>
    /// <param name="jobs">The jobs, all there before the first run.</param>
    /// <param name="attempts">At each of them.</param>
    /// <param name="runs">Gets the rows of each run, 0 for one that failed.</param>
    /// <param name="prepareAsync">Called once the jobs wait, before the first run.</param>
    public static async Task<MemoryStore> RunAsync(
        TestModel model,
        RunnableJob[] jobs,
        int attempts = 3,
        List<int>? runs = null,
        Func<MemoryStore, Batcher, ResultWriter, Task>? prepareAsync = null)
    {
        await using var store = new MemoryStore();
        using var metrics = new WorkerMetrics(TimeProvider.System);
        using var listener = Listen(metrics, runs ?? []);
        var pipelines = new RetryPipelines(store, TimeProvider.System, NullLogger<RetryPipelines>.Instance);
        using var writer = ResultWriters.Create(store, pipelines, metrics);
        await writer.StartAsync(TestContext.Current.CancellationToken);
        using var batcher = new Batcher(model.Version.MaxBatchSize, TimeSpan.Zero, TimeProvider.System);
        foreach (var job in jobs)
        {
            batcher.Add(job);
        }

        if (prepareAsync is not null)
        {
            await prepareAsync(store, batcher, writer);
        }

        var served = new ServedModel(model.Version, [model.Predictor], ExecutionProviders.Cpu);
        var route = new EmbeddedRetries(new ModelCatalog([served]), new Batchers((served, batcher)));
        var retries = new JobRetries(
            Options.Create(new RetryOptions { Attempts = attempts }), route, writer, metrics, NullLogger<JobRetries>.Instance);
        var runner = new BatchRunner(
            model.Version, batcher, model.Predictor, writer, retries, pipelines, metrics, TimeProvider.System, NullLogger<BatchRunner>.Instance);
        var loop = new BatchLoop(
            model.Version, batcher, runner, writer, new Suspects(store, pipelines), new WorkPace(), TimeProvider.System, NullLogger<BatchLoop>.Instance);
        var ended = loop.Start("test", TestContext.Current.CancellationToken);
        await Task.WhenAll(jobs.Select(job => job.Settled())).ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        batcher.Close();
        await ended.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await writer.StopAsync(TestContext.Current.CancellationToken);
        return store;
    }

    private static MeterListener Listen(WorkerMetrics metrics, List<int> runs)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, metrics) && instrument.Name is "millrace.batch.rows" or "millrace.batch.failures")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        // Recorded by the session's thread alone.
        listener.SetMeasurementEventCallback<int>((_, rows, _, _) => runs.Add(rows));
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => runs.Add(0));
        listener.Start();
        return listener;
    }
}
