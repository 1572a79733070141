using BenchmarkDotNet.Attributes;
using Millrace.Bench.Workloads;
using Millrace.Worker.Jobs;

namespace Millrace.Bench.Micro;

/// <summary>From a delivery's body to a job that the model admits: read, hashed, checked.</summary>
public class ParserBenchmarks
{
    private Worker _worker = null!;
    private InboundDelivery _delivery = null!;

    [Params("Binary", "Json", "Envelope")]
    public string Form { get; set; } = "";

    [Params(1, 256)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Start()
    {
        _worker = new Worker();
        _delivery = _worker.Deliver(Enum.Parse<JobForm>(Form), Rows);
    }

    [GlobalCleanup]
    public void End() => _worker.Dispose();

    [Benchmark]
    public object Admit() => _worker.Admission.Admit(_delivery).Job!;
}
