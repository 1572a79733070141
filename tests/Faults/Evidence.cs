namespace Millrace.Faults;

/// <summary>What a trial left behind, once its workers have ended.</summary>
internal sealed record Evidence
{
    public required IReadOnlyCollection<LedgerEntry> Ledger { get; init; }

    /// <summary>Every row, so that one job may have several.</summary>
    public required IReadOnlyCollection<StoredRow> Rows { get; init; }

    /// <summary>Rows that changed after their commit in another way than by their first undeliverable mark, or were deleted.</summary>
    public required IReadOnlyCollection<Guid> Changed { get; init; }

    /// <summary>Messages by queue, of the queues that must be empty.</summary>
    public required IReadOnlyDictionary<string, uint> Queues { get; init; }

    /// <summary>Ids of the dead letters; null where one has none that can be read.</summary>
    public required IReadOnlyCollection<Guid?> DeadLetters { get; init; }

    /// <summary>Replies to ids that were never published.</summary>
    public required int StrayReplies { get; init; }
}
