namespace Millrace.Bench;

/// <summary>What a run measures, and for how long.</summary>
internal sealed record Settings
{
    /// <summary>Whether it is the short form.</summary>
    public required bool IsQuick { get; init; }

    /// <summary>Names of contenders; none means those of the form.</summary>
    public IReadOnlyList<string> Contenders { get; init; } = [];

    /// <summary>Names of workloads; none means those of the form.</summary>
    public IReadOnlyList<string> Workloads { get; init; } = [];

    /// <summary>How often each contender has its turn, at most.</summary>
    public required int Rounds { get; init; }

    /// <summary>When the run is to be over: it takes no round more than end by then. Null for whenever it is.</summary>
    public DateTimeOffset? EndBy { get; init; }

    /// <summary>Jobs on their way at once in a closed loop, where the workload says nothing else.</summary>
    public required int InFlight { get; init; }

    /// <summary>Jobs that wait while the worker's memory is looked at.</summary>
    public required int Waiting { get; init; }

    /// <summary>What to call this machine in the results' names.</summary>
    public required string Machine { get; init; }

    /// <summary>The commit that is measured; null where nobody says so.</summary>
    public string? Commit { get; init; }

    /// <summary>Whether to leave no file behind.</summary>
    public bool IsDry { get; init; }

    /// <summary>Whether all that the form measures is measured, so that its tables may be published.</summary>
    public bool IsWhole => Contenders.Count == 0 && Workloads.Count == 0;

    public string Form => IsQuick ? "quick" : "full";
}
