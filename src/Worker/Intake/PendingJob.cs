using Millrace.Contracts;
using Millrace.Worker.Batching;
using Millrace.Worker.Inference;

namespace Millrace.Worker.Intake;

/// <summary>A delivery that waits for its outcome. It stays unacked until <see cref="Completion"/> ends.</summary>
internal sealed class PendingJob
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JobOutcome? _outcome;

    public required Guid JobId { get; init; }

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

    /// <summary>0 for a job that was rejected before its rows could be told.</summary>
    public int RowCount { get; init; }

    /// <summary>In the order of the model's inputs; empty for a job that does not run.</summary>
    public IReadOnlyList<Tensor> Inputs { get; init; } = [];

    /// <summary>What it may be batched with; null for a job that does not run.</summary>
    public BatchKey Key { get; init; } = null!;

    /// <summary>Where its outputs come together; null for a job that does not run.</summary>
    public JobOutputs Outputs { get; init; } = null!;

    /// <summary>
    /// For a job that may have ended a worker: how many jobs may run together with it, itself included. 0 for all others. Set before the
    /// batcher has it.
    /// </summary>
    public int GroupLimit { get; set; }

    /// <summary>Rows that are in a batch already; the batcher's alone, under its lock.</summary>
    public int TakenRows { get; set; }

    public bool IsDecided => Volatile.Read(ref _outcome) is not null;

    /// <summary>What became of it; only once it is decided.</summary>
    public JobOutcome Outcome => Volatile.Read(ref _outcome) ?? throw new InvalidOperationException($"Job {JobId} is not decided.");

    /// <summary>Ends once the row is committed and the reply is sent: the delivery may be acked.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Decides the outcome; the first decision stands.</summary>
    /// <returns>True for the one that decided, which must hand the job on.</returns>
    public bool TryDecide(JobOutcome outcome) => Interlocked.CompareExchange(ref _outcome, outcome, null) is null;

    /// <summary>Puts an outcome that cannot be committed out for one that can.</summary>
    public void Replace(JobOutcome outcome) => Volatile.Write(ref _outcome, outcome);

    public void Complete() => _completion.TrySetResult();

    /// <summary>The delivery goes back to the broker: the worker ends before the job does.</summary>
    public void Abandon(Exception cause) => _completion.TrySetException(cause);
}
