using BenchmarkDotNet.Attributes;
using Millrace.Worker.Batching;
using Millrace.Worker.Jobs;

namespace Millrace.Bench.Micro;

/// <summary>A job's way through the batcher, where they come in full batches.</summary>
public class BatcherBenchmarks
{
    private const int Jobs = 64;

    private readonly List<PendingJob> _expired = [];
    private Worker _worker = null!;
    private RunnableJob[] _jobs = [];
    private Batcher _batcher = null!;

    [GlobalSetup]
    public void Start()
    {
        _worker = new Worker();
        _jobs = _worker.Admit(Jobs, 1);
        _batcher = new Batcher(Jobs, TimeSpan.Zero, TimeProvider.System);
    }

    [GlobalCleanup]
    public void End()
    {
        _batcher.Dispose();
        _worker.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Jobs)]
    public int AddAndTake()
    {
        foreach (var job in _jobs)
        {
            job.TakenRows = 0;
            _batcher.Add(job);
        }

        return _batcher.Take(_expired)!.Rows;
    }
}
