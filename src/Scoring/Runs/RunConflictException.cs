namespace Millrace.Scoring.Runs;

/// <summary>A run that was to be taken up again was begun with other rows: nothing of this file belongs to it.</summary>
internal sealed class RunConflictException(Guid runId, long row) : Exception(
    string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"run {runId} was begun with other rows: from row {row + 1} on, what it holds was asked of other values, another version or other options"));
