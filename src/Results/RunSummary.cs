using Millrace.Contracts;

namespace Millrace.Results;

/// <summary>One bulk scoring of one file, as its rows tell it.</summary>
public sealed record RunSummary
{
    /// <summary>The run.</summary>
    public required Guid RunId { get; init; }

    /// <summary>The model that was asked.</summary>
    public required string ModelName { get; init; }

    /// <summary>Jobs with a row.</summary>
    public required long JobCount { get; init; }

    /// <summary>Rows of input in these jobs.</summary>
    public required long RowCount { get; init; }

    /// <summary>Rows without an answer among them, also those of jobs that succeeded but for them.</summary>
    public required long FailedRowCount { get; init; }

    /// <summary>Jobs of each status that occurs.</summary>
    public required IReadOnlyDictionary<JobStatus, long> Statuses { get; init; }

    /// <summary>When the first of its rows was committed (UTC).</summary>
    public required DateTimeOffset FirstCommittedAt { get; init; }

    /// <summary>When the last of its rows was committed (UTC).</summary>
    public required DateTimeOffset LastCommittedAt { get; init; }
}
