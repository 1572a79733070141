using Millrace.Bench.Contenders;
using Millrace.Bench.Measures;

namespace Millrace.Bench.Workloads;

/// <summary>All that can be measured, in the order in which it is; those of one model stand together.</summary>
internal static class WorkloadList
{
    private const string Digits = "digits";

    public static Workload Tiny { get; } = new()
    {
        Name = "tiny",
        Title = "tiny: 64 floats, binary",
        Model = Digits,
        Measures =
        [
            new EndToEndMeasure(), new DrainMeasure(), new IdleMeasure(),
            new OpenLoopMeasure(10), new OpenLoopMeasure(50), new OpenLoopMeasure(80), new OpenLoopMeasure(95),
        ],
        QuickMeasures = [new EndToEndMeasure(), new DrainMeasure(), new IdleMeasure()],
        Jobs = 40_000,
        WarmUpJobs = 30_000,
    };

    public static Workload Json { get; } = new()
    {
        Name = "json",
        Title = "JSON: 64 floats, from a foreign client",
        Model = Digits,
        Form = JobForm.Json,
        Measures = [new EndToEndMeasure(), new DrainMeasure()],
        QuickMeasures = [new EndToEndMeasure()],
        Jobs = 40_000,
        WarmUpJobs = 10_000,
    };

    public static Workload Rows { get; } = new()
    {
        Name = "rows",
        Title = "rows: 256 x 64 floats in one job",
        Model = Digits,
        Rows = 256,
        Measures = [new EndToEndMeasure()],
        Jobs = 4_000,
        WarmUpJobs = 1_000,
        InFlight = 32,
    };

    public static Workload Mixed { get; } = new()
    {
        Name = "mixed",
        Title = "mixed: single rows at a steady rate, with bulk of 256 rows a job",
        Model = Digits,
        Measures = [new MixedMeasure()],
        // The unguarded worker has no bulk lane.
        Contenders = Three,
        Jobs = 2_000,
        WarmUpJobs = 2_000,
    };

    public static Workload Envelope { get; } = new()
    {
        Name = "envelope",
        Title = "envelope: 64 floats in MassTransit's envelope",
        Model = Digits,
        Form = JobForm.Envelope,
        Measures = [new EndToEndMeasure(), new DrainMeasure()],
        Contenders = [ContenderList.Millrace],
        Jobs = 20_000,
        WarmUpJobs = 5_000,
    };

    /// <summary>As <see cref="Tiny"/>, of ten models: each has a tenth of the jobs, and so batches and commits of a tenth the size.</summary>
    public static Workload Models { get; } = new()
    {
        Name = "models",
        Title = "models: 64 floats, of ten models in turn",
        Model = Digits,
        Copies = 10,
        Measures = [new EndToEndMeasure()],
        Contenders = [ContenderList.Millrace],
        Jobs = 40_000,
        WarmUpJobs = 30_000,
    };

    public static Workload Medium { get; } = new()
    {
        Name = "medium",
        Title = "medium: 4 KiB in, 1 KiB out",
        Model = "bench-medium",
        Measures = [new EndToEndMeasure()],
        Contenders = Three,
        Jobs = 20_000,
        WarmUpJobs = 10_000,
    };

    public static Workload Large { get; } = new()
    {
        Name = "large",
        Title = "large: 64 KiB in",
        Model = "bench-large",
        Measures = [new EndToEndMeasure()],
        Contenders = Three,
        Jobs = 5_000,
        WarmUpJobs = 2_000,
        InFlight = 64,
    };

    public static Workload Conv { get; } = new()
    {
        Name = "conv",
        Title = "compute-bound: a convolution of milliseconds a row",
        Model = "bench-conv",
        Measures = [new EndToEndMeasure()],
        Contenders = [.. Three, ContenderList.TwoWorkers],
        Jobs = 2_000,
        WarmUpJobs = 500,
        InFlight = 64,
    };

    /// <summary>As many rows a job as a batch has: what is around a job is little beside the model, and two workers are not held up by it.</summary>
    public static Workload ConvBatches { get; } = new()
    {
        Name = "conv-8",
        Title = "compute-bound: 8 of these rows in one job",
        Model = Conv.Model,
        Rows = 8,
        Measures = [new EndToEndMeasure()],
        Contenders = [ContenderList.Millrace, ContenderList.TwoWorkers],
        Jobs = 400,
        WarmUpJobs = 60,
        InFlight = 16,
    };

    public static IReadOnlyList<Workload> All { get; } = [Tiny, Json, Rows, Mixed, Envelope, Models, Medium, Large, Conv, ConvBatches];

    // What the guarantees cost is asked of small jobs, where it is most.
    private static IReadOnlyList<Contender> Three => [ContenderList.Floor, ContenderList.Peer, ContenderList.Millrace];
}
