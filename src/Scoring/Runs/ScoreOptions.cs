using Millrace.Contracts;
using Millrace.Scoring.Labels;

namespace Millrace.Scoring.Runs;

/// <summary>How a file is scored.</summary>
internal sealed record ScoreOptions
{
    /// <summary>The run: repeated with the same rows a job it names the same jobs.</summary>
    public required Guid RunId { get; init; }

    /// <summary>Which lane the jobs go by.</summary>
    /// <value>Default: bulk.</value>
    public Lane Lane { get; init; } = Lane.Bulk;

    /// <summary>Rows a job; fewer where they come to <see cref="MaxJobBytes"/> or a row between cannot be sent.</summary>
    /// <value>Default: null, which means as many as a batch of the model takes, up to 256.</value>
    public int? RowsPerJob { get; init; }

    /// <summary>Input bytes from which on a job is sent with the rows that it has.</summary>
    /// <value>Default: 1 MiB, a quarter of what a worker takes unless told otherwise.</value>
    public int MaxJobBytes { get; init; } = 1 << 20;

    /// <summary>Jobs under way at once: with their rows, all that a run holds in memory.</summary>
    /// <value>Default: 32.</value>
    public int MaxJobsInFlight { get; init; } = 32;

    /// <summary>Whether the run was begun before: its first job then goes alone, which tells whether it was begun with these rows.</summary>
    public bool IsTakenUp { get; init; }

    /// <summary>The column that holds the right answers, and what they are compared with; null for none.</summary>
    public LabelPlan? Label { get; init; }

    /// <summary>The clock.</summary>
    /// <value>Default: the system's.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
