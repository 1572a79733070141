using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;

namespace Millrace.Worker.DeadLetters;

/// <summary>
/// Gives a job that the broker took to the dead letters its row and its reply, like any other end of a job. Where the job has a row
/// already, that one stands and is sent again. A body whose id cannot be read has no row; its sender is told, where it wants a reply.
/// </summary>
internal sealed partial class DeadLetterConsumer(
    DeliveryReader reader,
    ModelCatalog catalog,
    ResultWriter writer,
    ReplySender replies,
    IOptions<LimitsOptions> limits,
    WorkerMetrics metrics,
    TimeProvider time,
    ILogger<DeadLetterConsumer> logger)
{
    private readonly int _maxRows = limits.Value.MaxRows;

    // A caller decides how many of its messages die: one line for many of them.
    private readonly LogPace _deadPace = new(time, TimeSpan.FromSeconds(1));
    private readonly LogPace _unreadablePace = new(time, TimeSpan.FromSeconds(1));

    /// <summary>Takes a dead letter in; its settlement is called at its end.</summary>
    /// <param name="delivery">The message, with the model and the lane of the queue that it died in.</param>
    /// <param name="death">Why it died.</param>
    /// <param name="cancellationToken">Ends the sending of an error reply.</param>
    public async Task ConsumeAsync(InboundDelivery delivery, BrokerDeath death, CancellationToken cancellationToken)
    {
        var reading = reader.Read(delivery);
        metrics.DeadLettered(delivery.QueueModel, death.Reason);
        if (!reading.IsJob && !reading.Error.IsReadable)
        {
            if (_unreadablePace.TryTake(out var unreadable))
            {
                LogUnreadable(death.Queue, death.Reason, reading.Error.Message, unreadable);
            }

            if (reading.Reply.Queue is not null)
            {
                await replies.SendErrorAsync(reading.Reply, reading.Error, cancellationToken);
            }

            delivery.Settlement.Complete();
            return;
        }

        if (_deadPace.TryTake(out var dead))
        {
            LogDead(reading.JobId, death.Queue, death.Reason, dead);
        }

        var job = ToPendingJob(delivery, reading);
        job.TryDecide(OutcomeOf(death, reading.Reply.Refusal));
        writer.Enqueue(job);
    }

    private static JobOutcome OutcomeOf(BrokerDeath death, string? refusal)
    {
        var outcome = OutcomeOf(death);
        return refusal is null ? outcome : outcome with { Error = $"{outcome.Error}; {refusal}" };
    }

    private static JobOutcome OutcomeOf(BrokerDeath death) => death.Reason switch
    {
        _ when BrokerNames.IsRetryQueue(death.Queue) => JobOutcome.Failed(
            ErrorCode.DeadLettered,
            $"the job waited in '{death.Queue}' for its next attempt, and when the wait was over its own queue '{death.ModelQueue}' was gone"),
        BrokerDeath.DeliveryLimit => JobOutcome.Failed(
            ErrorCode.DeliveryLimit,
            $"queue '{death.Queue}' delivered the job as often as it may (Broker:DeliveryLimit); each time the worker ended before the job did, or gave it back"),
        BrokerDeath.Expired => new JobOutcome
        {
            Status = JobStatus.Expired,
            Code = ErrorCode.ExpiredInQueue,
            Error = $"expiration: the job's time in queue '{death.Queue}' was over before a worker could take it",
        },
        _ => JobOutcome.Failed(ErrorCode.DeadLettered, $"the broker took the job from queue '{death.Queue}' to the dead letters: {death.Reason}"),
    };

    private PendingJob ToPendingJob(InboundDelivery delivery, JobReading reading)
    {
        var modelName = (reading.IsJob ? reading.Job.ModelName : reading.Error.ModelName) ?? delivery.QueueModel;
        var modelVersion = reading.IsJob ? reading.Job.ModelVersion : reading.Error.ModelVersion;
        var rows = 0;
        KnownParameters parameters = default;
        if (reading.IsJob)
        {
            ParameterReader.Read(reading.Job, time, out parameters);
            // This worker need not serve the model; what only its signature tells is left open then.
            if (catalog.Find(modelName, modelVersion, out var model) is null)
            {
                modelVersion = model.Version.Version;
                rows = JobValidator.Validate(reading.Job, model.Version, _maxRows).Admission?.Rows ?? 0;
            }
        }

        return new PendingJob
        {
            Delivery = delivery,
            JobId = reading.JobId,
            ModelName = modelName,
            ModelVersion = modelVersion,
            Lane = delivery.Lane,
            Reply = reading.Reply,
            PayloadHash = reading.IsJob ? PayloadHash.Of(reading.Job, modelName) : reading.HashOf(delivery),
            ReceivedAt = time.GetUtcNow(),
            ReceivedTimestamp = time.GetTimestamp(),
            RunId = parameters.RunId,
            RunRow = parameters.RunRow,
            GivenRows = rows,
        };
    }

    [LoggerMessage(EventId = 600, Level = LogLevel.Warning, Message = "Job {JobId}: taken from {Queue} to the dead letters by the broker: {Reason}. {HeldBack} more since the last such line; each has its row")]
    private partial void LogDead(Guid jobId, string queue, string reason, long heldBack);

    [LoggerMessage(EventId = 601, Level = LogLevel.Warning, Message = "A body was taken from {Queue} to the dead letters by the broker ({Reason}), and no id can be read of it: {Fault}. {HeldBack} more since the last such line; each is in millrace.dead")]
    private partial void LogUnreadable(string queue, string reason, string fault, long heldBack);
}
