using System.Buffers;
using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Results;
using Millrace.Worker.Intake;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Delivery;

/// <summary>Sends the replies of committed jobs and completes them. A reply that no queue takes marks the row instead.</summary>
internal sealed partial class ReplySender(
    IMessageSender sender, IResultStore store, RetryPipelines retries, WorkerMetrics metrics, TimeProvider time, ILogger<ReplySender> logger)
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
            _ = SendAndCompleteAsync(job, ToResult(job, first));
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
        await sender.SendAsync(ToMessage(route, result), cancellationToken);
    }

    /// <summary>One is on its way for each job in flight: what is rare is not in here, where it would take room in each.</summary>
    private async Task SendAndCompleteAsync(PendingJob job, PredictionResult result)
    {
        try
        {
            var message = ToMessage(job.Reply, result);
            if (await sender.SendAsync(message, CancellationToken.None) == SendOutcome.Unroutable)
            {
                await MarkUndeliverableAsync(job);
            }
            else if (_pool is not null)
            {
                BodyPool.Return(message.Body.Bytes);
            }

            job.Complete();
        }
        catch (Exception fault)
        {
            // Ends the wait of JobConsumer with the cause, and there the delivery goes back to the broker: the row stands, and the next
            // worker sends the reply.
            job.Abandon(fault);
        }
    }

    private async Task MarkUndeliverableAsync(PendingJob job)
    {
        LogUndeliverable(job.JobId);
        metrics.Undeliverable(job);
        await retries.Store.ExecuteAsync(
            async (state, token) => await state.store.MarkUndeliverableAsync([state.job.JobId], token), (store, job), CancellationToken.None);
    }

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
                Code = outcome.Code,
                Error = outcome.Error,
            };
        }

        var isSame = first.PayloadHash.Span.SequenceEqual(job.PayloadHash.Span);
        return new PredictionResult
        {
            Id = job.JobId,
            ModelName = first.ModelName,
            ModelVersion = first.ModelVersion,
            Status = isSame ? first.Status : JobStatus.Rejected,
            Outputs = isSame ? first.Outputs : [],
            Code = isSame ? first.Code : ErrorCode.IdConflict,
            Error = isSame ? first.Error : $"id: {job.JobId} was used before by a job with other content, whose result stands; send this one with an id of its own",
        };
    }

    [LoggerMessage(EventId = 310, Level = LogLevel.Warning, Message = "Job {JobId}: no queue takes its reply; its row is marked")]
    private partial void LogUndeliverable(Guid jobId);
}
