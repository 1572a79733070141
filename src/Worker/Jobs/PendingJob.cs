using Millrace.Contracts;

namespace Millrace.Worker.Jobs;

/// <summary>
/// A delivery that waits for its outcome. It stays unacked until its settlement is called. One that may run is a <see cref="RunnableJob"/>; any
/// other is decided from the start, or waits for another worker.
/// </summary>
internal class PendingJob
{
    // What stands for the outcome of a job that is to be tried again: it has none, and nobody else may decide one.
    private static readonly JobOutcome s_postponed = JobOutcome.Failed("", "");

    private JobOutcome? _outcome;

    public required Guid JobId { get; init; }

    /// <summary>What it came by; its body stays valid until it is settled.</summary>
    public required InboundDelivery Delivery { get; init; }

    /// <summary>What the delivery's body was inflated to, where it was compressed: inputs may lie in there.</summary>
    public InflatedBody? Inflated { get; init; }

    /// <summary>Bytes that the worker holds for it: the body as it came, and what that was inflated to.</summary>
    public long HeldBytes => Delivery.Body.Length + (Inflated?.Length ?? 0L);

    /// <summary>Which attempt at the job this is, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>The errors of the attempts before; null for none.</summary>
    public string? Errors { get; init; }

    /// <summary>Set where this worker lacks the model version that the job names and another may have it; null for a job that may run here.</summary>
    public VersionWait? Wait { get; init; }

    public required string ModelName { get; init; }

    /// <summary>The version that runs it, or that was asked for.</summary>
    public string? ModelVersion { get; init; }

    public required Lane Lane { get; init; }

    public required ReplyRoute Reply { get; init; }

    public required ReadOnlyMemory<byte> PayloadHash { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Monotonic, of the worker's <see cref="TimeProvider"/>.</summary>
    public required long ReceivedTimestamp { get; init; }

    /// <summary>Monotonic; <see cref="long.MaxValue"/> for none.</summary>
    public long DeadlineTimestamp { get; init; } = long.MaxValue;

    public Guid? RunId { get; init; }

    public long? RunRow { get; init; }

    /// <summary>The rows that were sent; 0 for a job that was rejected before its rows could be told.</summary>
    public int GivenRows { get; init; }

    /// <summary>
    /// For a job that may have ended a worker: how many jobs may run together with it, itself included. 0 for all others. Set before the
    /// batcher has it.
    /// </summary>
    public int GroupLimit { get; set; }

    public bool IsDecided => Volatile.Read(ref _outcome) is not null;

    /// <summary>What became of it; only once it is decided.</summary>
    public JobOutcome Outcome => Volatile.Read(ref _outcome) ?? throw new InvalidOperationException($"Job {JobId} is not decided.");

    // A job that succeeds has had all its rows in runs. Of one that was cancelled, or had an attempt before this one on the same delivery, rows
    // may still be on their way into a batch.
    private bool HasReadItsBody => Volatile.Read(ref _outcome) is { Status: JobStatus.Succeeded } && Attempt == Delivery.Attempt;

    /// <summary>Decides the outcome; the first decision stands.</summary>
    /// <returns>True for the one that decided, which must hand the job on.</returns>
    public bool TryDecide(JobOutcome outcome) => Interlocked.CompareExchange(ref _outcome, outcome, null) is null;

    /// <summary>Ends this attempt without an outcome, unless the job is decided.</summary>
    /// <returns>True for the one that postponed it, which must see to the next attempt.</returns>
    public bool TryPostpone() => TryDecide(s_postponed);

    /// <summary>Puts an outcome that cannot be committed out for one that can.</summary>
    public void Replace(JobOutcome outcome) => Volatile.Write(ref _outcome, outcome);

    /// <inheritdoc cref="ISettlement.Complete"/>
    public void Complete()
    {
        if (HasReadItsBody)
        {
            Inflated?.Release();
            Delivery.Settlement.ReleaseBody();
        }

        Delivery.Settlement.Complete();
    }

    /// <inheritdoc cref="ISettlement.Abandon"/>
    public void Abandon(Exception cause) => Delivery.Settlement.Abandon(cause);
}
