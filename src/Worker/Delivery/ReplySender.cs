using System.Buffers;
using Microsoft.Extensions.Logging;
using Millrace.Contracts.Wire;
using Millrace.Contracts;
using Millrace.Results;
using Millrace.Worker.Broker;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Sending;

namespace Millrace.Worker.Delivery;

/// <summary>Sends the replies of committed jobs and completes them. A reply that cannot be delivered marks the row instead.</summary>
internal sealed partial class ReplySender(
    IMessageSender sender, UndeliverableMarks marks, WorkerMetrics metrics, TimeProvider time, ILogger<ReplySender> logger)
{
    private readonly ArrayPool<byte>? _pool = sender.KeepsBodies ? null : BodyPool.Instance;

    /// <summary>Replies to a job, and completes it when the broker has the reply. Returns at once; many are in flight.</summary>
    /// <param name="job">The job; its row is committed.</param>
    /// <param name="first">The row that was there before this job's own could be; null where its own was committed.</param>
    public void Send(PendingJob job, ResultRow? first)
    {
        if (job.Reply.Queue is null)
        {
            job.Complete();
        }
        else
        {
            _ = SendAndCompleteAsync(job, ToResult(job, first), DebtOf(job, first));
        }
    }

    /// <summary>Answers a delivery that is no job and has no row.</summary>
    public async Task SendErrorAsync(ReplyRoute route, WireError error, CancellationToken cancellationToken)
    {
        var result = new PredictionResult
        {
            Id = error.Id,
            ModelName = error.ModelName,
            Status = JobStatus.Rejected,
            Code = error.Code,
            Error = error.Message,
        };
        var outcome = await sender.SendAsync(ToMessage(route, result), cancellationToken);
        if (outcome != SendOutcome.Confirmed)
        {
            // There is no row to mark. The body, and why it could not be read, are in millrace.dead.
            LogErrorUndeliverable(error.Code, ReasonOf(outcome));
            metrics.Undeliverable(model: null, ReasonOf(outcome));
        }
    }

    /// <summary>One is on its way for each job in flight: what is rare is not in here, where it would take room in each.</summary>
    private async Task SendAndCompleteAsync(PendingJob job, PredictionResult result, ReplyDebt debt)
    {
        try
        {
            var message = ToMessage(job.Reply, result);
            var outcome = await sender.SendAsync(message, CancellationToken.None);
            if (outcome != SendOutcome.Confirmed)
            {
                await GiveUpAsync(job, result, message.Body.Bytes.Length, outcome, debt);
                return;
            }

            if (_pool is not null)
            {
                BodyPool.Return(message.Body.Bytes);
            }

            job.Complete();
        }
        catch (Exception fault)
        {
            // The delivery goes back to the broker with the cause: the row stands, and the next worker sends the reply.
            job.Abandon(fault);
        }
    }

    private async Task GiveUpAsync(PendingJob job, PredictionResult result, int bytes, SendOutcome outcome, ReplyDebt debt)
    {
        if (outcome == SendOutcome.TooLarge)
        {
            var instead = await sender.SendAsync(ToMessage(job.Reply, TooLarge(result, bytes)), CancellationToken.None);
            outcome = instead == SendOutcome.Confirmed ? outcome : instead;
        }

        var reason = ReasonOf(outcome);
        LogUndeliverable(job.JobId, reason, debt);
        metrics.Undeliverable(job.ModelName, reason);
        if (debt == ReplyDebt.None)
        {
            job.Complete();
        }
        else
        {
            marks.Add(job, debt == ReplyDebt.Unknown ? UndeliverableReason.AfterRedelivery(reason) : reason);
        }
    }

    /// <summary>What is owed by this delivery: a row says of the job that its caller was not answered, not of a later one's second answer.</summary>
    private static ReplyDebt DebtOf(PendingJob job, ResultRow? first) =>
        first is null ? ReplyDebt.First
        : job.Delivery.Redelivered && IsSame(job, first) ? ReplyDebt.Unknown
        : ReplyDebt.None;

    private static bool IsSame(PendingJob job, ResultRow first) => first.PayloadHash.Span.SequenceEqual(job.PayloadHash.Span);

    private static string ReasonOf(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Unroutable => UndeliverableReason.NoQueue,
        SendOutcome.Refused => UndeliverableReason.Refused,
        SendOutcome.TooLarge => UndeliverableReason.TooLarge,
        SendOutcome.CannotBeWritten => UndeliverableReason.NotWritable,
        SendOutcome.CostsChannel => UndeliverableReason.ClosesChannel,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "A confirmed reply has none."),
    };

    private static PredictionResult TooLarge(PredictionResult result, int bytes) => new()
    {
        Id = result.Id,
        ModelName = result.ModelName,
        ModelVersion = result.ModelVersion,
        Status = JobStatus.Failed,
        Code = ErrorCode.ReplyTooLarge,
        Error = $"reply: {bytes} bytes are more than the broker takes (max_message_size); the job's row has its result, as 'millrace results {result.Id}' "
            + "shows; ask for fewer rows or outputs a job",
    };

    private OutboundMessage ToMessage(ReplyRoute route, PredictionResult result) => new()
    {
        Exchange = "",
        RoutingKey = route.Queue!,
        CorrelationId = route.CorrelationId,
        Status = result.Status,
        Headers = route.Note is { } note ? new Dictionary<string, string>(StringComparer.Ordinal) { [BrokerNames.NoteHeader] = note } : null,
        Body = route.Format switch
        {
            WireFormat.Binary => OipFormat.WriteBinaryResult(result, _pool),
            WireFormat.MassTransit => route.Envelope!.Respond(result, JobId.New(time), _pool),
            _ => OipFormat.WriteResult(result, _pool),
        },
    };

    private static PredictionResult ToResult(PendingJob job, ResultRow? first)
    {
        if (first is null)
        {
            var outcome = job.Outcome;
            return new PredictionResult
            {
                Id = job.JobId,
                ModelName = job.ModelName,
                ModelVersion = job.ModelVersion,
                Status = outcome.Status,
                Outputs = outcome.Outputs,
                RowErrors = outcome.RowErrors,
                Code = outcome.Code,
                Error = outcome.Error,
            };
        }

        var isSame = IsSame(job, first);
        return new PredictionResult
        {
            Id = job.JobId,
            ModelName = first.ModelName,
            ModelVersion = first.ModelVersion,
            Status = isSame ? first.Status : JobStatus.Rejected,
            Outputs = isSame ? first.Outputs : [],
            RowErrors = isSame ? first.RowErrors : [],
            Code = isSame ? first.Code : ErrorCode.IdConflict,
            Error = isSame ? first.Error : $"id: {job.JobId} was used before by a job with other content, whose result stands; send this one with an id of its own",
        };
    }

    [LoggerMessage(EventId = 310, Level = LogLevel.Warning, Message = "Job {JobId}: its reply cannot be delivered: {Reason} (owed by this delivery: {Debt})")]
    private partial void LogUndeliverable(Guid jobId, string reason, ReplyDebt debt);

    [LoggerMessage(EventId = 311, Level = LogLevel.Warning, Message = "The error reply to a body that cannot be read ({Code}) cannot be delivered: {Reason}")]
    private partial void LogErrorUndeliverable(string code, string reason);
}

/// <summary>Whether a delivery owes its job's caller the first reply, so that the row says so where there is none.</summary>
internal enum ReplyDebt
{
    /// <summary>It does: its own commit made the row.</summary>
    First,

    /// <summary>A worker had the job before and the row was there: that one may have answered before it was lost, or not.</summary>
    Unknown,

    /// <summary>It does not: the job was sent again, or the id was, and whoever made the row owes the reply.</summary>
    None,
}
