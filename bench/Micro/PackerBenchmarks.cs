using BenchmarkDotNet.Attributes;
using Millrace.Worker.Inference.Tensors;
using Millrace.Worker.Jobs;

namespace Millrace.Bench.Micro;

/// <summary>A row's part of a full batch: copied and scaled into the session's memory; and that with the run and the outputs' way back.</summary>
public class PackerBenchmarks
{
    private const int Jobs = 64;

    private Worker _worker = null!;
    private TensorPacker _packer = null!;
    private Batch _batch = null!;

    [GlobalSetup]
    public void Start()
    {
        _worker = new Worker();
        _packer = new TensorPacker(_worker.Model.Version);
        var jobs = _worker.Admit(Jobs, 1);
        _batch = new Batch(jobs[0].Key, [.. jobs.Select(job => new BatchSlice(job, 0, 1))]);
    }

    [GlobalCleanup]
    public void End() => _worker.Dispose();

    [Benchmark(OperationsPerInvoke = Jobs)]
    public void Pack() => _packer.Pack(_batch, Jobs);

    [Benchmark(OperationsPerInvoke = Jobs)]
    public int PackAndRun() => _worker.Model.Predictors[0].Run(_batch);
}
