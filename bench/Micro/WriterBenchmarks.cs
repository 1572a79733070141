using BenchmarkDotNet.Attributes;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Results;
using Millrace.Worker.Inference.Tensors;
using Millrace.Worker.Jobs;

namespace Millrace.Bench.Micro;

/// <summary>What is written of a job: its outputs for the store, and its reply.</summary>
public class WriterBenchmarks
{
    private readonly OutputsBuffer _buffer = new();
    private ResultRow _row = null!;
    private PredictionResult _result = null!;

    [Params(1, 256)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Start()
    {
        using var worker = new Worker();
        var job = worker.Admit(1, Rows)[0];
        var model = worker.Model;
        for (var first = 0; first < Rows; first += model.Version.MaxBatchSize)
        {
            var rows = Math.Min(Rows - first, model.Version.MaxBatchSize);
            model.Predictors[0].Run(new Batch(job.Key, [new BatchSlice(job, first, rows)]));
            job.Outputs.Complete(rows);
        }

        var outputs = job.Outputs.ToTensors(model.Version);
        _result = new PredictionResult { Id = job.JobId, ModelName = job.ModelName, ModelVersion = "1", Status = JobStatus.Succeeded, Outputs = outputs };
        _row = new ResultRow
        {
            JobId = job.JobId,
            ModelName = job.ModelName,
            Status = JobStatus.Succeeded,
            Lane = Lane.Interactive,
            RowCount = Rows,
            Outputs = outputs,
            PayloadHash = job.PayloadHash,
            Worker = "bench",
            ReceivedAt = job.ReceivedAt,
        };
    }

    [GlobalCleanup]
    public void End() => _buffer.Dispose();

    [Benchmark]
    public object StoreOutputs() => _buffer.Encode([_row]);

    [Benchmark]
    public object ReplyBinary() => OipFormat.WriteBinaryResult(_result);

    [Benchmark]
    public object ReplyJson() => OipFormat.WriteResult(_result);
}
