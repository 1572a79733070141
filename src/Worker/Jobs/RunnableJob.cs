using Millrace.Contracts;

namespace Millrace.Worker.Jobs;

/// <summary>A pending job that a model has admitted: what of it goes into batches, and where what they give comes together.</summary>
internal sealed class RunnableJob : PendingJob
{
    /// <summary>In the order of the model's inputs.</summary>
    public required IReadOnlyList<Tensor> Inputs { get; init; }

    /// <summary>The rows that run: those that were sent, but for those that were bad before they could.</summary>
    public required int RowCount { get; init; }

    /// <summary>What it may be batched with.</summary>
    public required BatchKey Key { get; init; }

    /// <summary>Where its outputs come together.</summary>
    public required JobOutputs Outputs { get; init; }

    /// <summary>Set where bad rows are named and the others answered; null for all other jobs.</summary>
    public PartialRows? Partial { get; init; }

    /// <summary>Whether it gets a batch of its own: what failed before must not hold its neighbours up again.</summary>
    public bool RunsAlone => Attempt > 1;

    /// <summary>Rows that are in a batch already; the batcher's alone, under its lock.</summary>
    public int TakenRows { get; set; }

    /// <summary>The next attempt at a postponed job on the same delivery, which is settled by that one.</summary>
    public RunnableJob Again(int attempt, string errors) => new()
    {
        JobId = JobId,
        Delivery = Delivery,
        Inflated = Inflated,
        Attempt = attempt,
        Errors = errors,
        ModelName = ModelName,
        ModelVersion = ModelVersion,
        Lane = Lane,
        Reply = Reply,
        PayloadHash = PayloadHash,
        ReceivedAt = ReceivedAt,
        ReceivedTimestamp = ReceivedTimestamp,
        DeadlineTimestamp = DeadlineTimestamp,
        RunId = RunId,
        RunRow = RunRow,
        GivenRows = GivenRows,
        RowCount = RowCount,
        Partial = Partial?.Again(),
        Inputs = Inputs,
        Key = Key,
        Outputs = Outputs.Again(),
        GroupLimit = GroupLimit,
    };
}
