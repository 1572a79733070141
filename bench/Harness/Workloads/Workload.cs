using Millrace.Bench.Contenders;
using Millrace.Bench.Measures;

namespace Millrace.Bench.Workloads;

/// <summary>One kind of job, and what is measured with it.</summary>
internal sealed record Workload
{
    /// <summary>What the command line and the results call it.</summary>
    public required string Name { get; init; }

    /// <summary>What people call it.</summary>
    public required string Title { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>How many models that are the same share the jobs, in turn; each has its queues.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>What is served for it.</summary>
    public ServedModels Served => new(Model, Copies);

    /// <summary>What is measured, in this order.</summary>
    public required IReadOnlyList<IMeasure> Measures { get; init; }

    /// <summary>Those of the short form.</summary>
    public IReadOnlyList<IMeasure> QuickMeasures { get; init; } = [];

    /// <summary>Who takes part.</summary>
    public IReadOnlyList<Contender> Contenders { get; init; } = ContenderList.All;

    /// <summary>The form of the jobs.</summary>
    public JobForm Form { get; init; } = JobForm.Binary;

    /// <summary>Rows of each job.</summary>
    public int Rows { get; init; } = 1;

    /// <summary>Jobs of a measure in the full form: some seconds of work.</summary>
    public required int Jobs { get; init; }

    /// <summary>Jobs of a portion of the warm-up, of which there are two or more: seconds of work.</summary>
    public required int WarmUpJobs { get; init; }

    /// <summary>Jobs on their way at once; null for the run's own setting.</summary>
    public int? InFlight { get; init; }
}
