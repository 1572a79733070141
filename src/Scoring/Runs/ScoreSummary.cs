using Millrace.Scoring.Labels;

namespace Millrace.Scoring.Runs;

/// <summary>What came of a run.</summary>
internal sealed record ScoreSummary
{
    /// <summary>Rows of the file, all written.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows among them without an output.</summary>
    public required long FailedRows { get; init; }

    /// <summary>Jobs sent.</summary>
    public required int Jobs { get; init; }

    /// <summary>What was wrong with the first of the rows that failed.</summary>
    public required IReadOnlyList<string> Complaints { get; init; }

    /// <summary>What a person should know of how the file was read, though no row failed for it.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>From the first job sent to the last row written.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>When the first row was written, as a timestamp of the options' clock; null where there was none.</summary>
    public required long? FirstRowAt { get; init; }

    /// <summary>Predictions against labels; null where nothing was to be compared.</summary>
    public required LabelTally? Labels { get; init; }

    /// <summary>SHA-256 of the file.</summary>
    public required string Sha256 { get; init; }
}
