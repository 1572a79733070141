namespace Millrace.Faults;

/// <summary>One job that was published, however often, and every answer to it.</summary>
internal sealed class LedgerEntry
{
    private readonly Lock _gate = new();
    // Copied when it grows, which it seldom does: a full run has a million entries.
    private Answer[] _replies = [];
    private int _confirmed;
    private int _attempts;

    public required Guid Id { get; init; }

    /// <summary>What the model must answer.</summary>
    public required long Number { get; init; }

    /// <summary>What its run does.</summary>
    public JobKind Kind { get; init; }

    /// <summary>SHA-256 of the body, hexadecimal.</summary>
    public required string PayloadHash { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>How often it is to be published.</summary>
    public int Copies { get; init; } = 1;

    public required string ReplyTo { get; init; }

    public ReplyDue Due { get; set; }

    /// <summary>Whether somebody has asked for it to be cancelled: it may end so then.</summary>
    public bool IsToBeCancelled { get; set; }

    /// <summary>Publishes that the broker confirmed.</summary>
    public int Confirmed => Volatile.Read(ref _confirmed);

    /// <summary>Publishes, the unconfirmed ones included.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    public IReadOnlyList<Answer> Replies => Volatile.Read(ref _replies);

    public void Attempt() => Interlocked.Increment(ref _attempts);

    public void Confirm() => Interlocked.Increment(ref _confirmed);

    /// <returns>Whether it is the first one.</returns>
    public bool AddReply(Answer answer)
    {
        lock (_gate)
        {
            Volatile.Write(ref _replies, [.. _replies, answer]);
            return _replies.Length == 1;
        }
    }
}
