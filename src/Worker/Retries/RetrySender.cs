using System.Globalization;
using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Worker.Broker;
using Millrace.Worker.Delivery;
using Millrace.Worker.Jobs;
using Millrace.Worker.Sending;

namespace Millrace.Worker.Retries;

/// <summary>
/// Lets the broker keep a job until its next attempt: as it came, it goes to the exchange of the delay (<see cref="BrokerTopology"/>), and
/// its delivery is acked once the broker has it. A worker that ends between the two leaves the job there twice at most, and the row's
/// key settles that.
/// </summary>
internal sealed partial class RetrySender(IMessageSender sender, ResultWriter writer, WorkerLogins logins, ILogger<RetrySender> logger) : IRetryRoute
{
    public bool ReachesOthers => true;

    public void Send(PendingJob job, JobRetry retry) => _ = SendAsync(job, retry);

    private async Task SendAsync(PendingJob job, JobRetry retry)
    {
        try
        {
            var outcome = await sender.SendAsync(ToMessage(job.Delivery, retry), CancellationToken.None);
            if (outcome == SendOutcome.Confirmed)
            {
                job.Complete();
            }
            else
            {
                // The delay's exchange or queue was deleted while the worker ran, or is full, or the message cannot be sent once more.
                // Handing the delivery back would be a loop.
                var why = Why(outcome, BrokerNames.Retry(retry.Delay));
                LogNotKept(job.JobId, why);
                job.Replace(OutcomeWithout(retry, why));
                writer.Enqueue(job);
            }
        }
        catch (Exception fault)
        {
            // The worker ends before the job could be sent: the delivery goes back to the broker.
            job.Abandon(fault);
        }
    }

    private static JobOutcome OutcomeWithout(JobRetry retry, string why) => retry.Wait is { } wait
        ? JobOutcome.Rejected(retry.Code, $"{wait.Error}; not waited for: {why}")
        : JobOutcome.Failed(retry.Code, $"{retry.Errors}; not tried again: {why}");

    private static string Why(SendOutcome outcome, string exchange) => outcome switch
    {
        SendOutcome.Unroutable => $"'{exchange}' is gone",
        SendOutcome.Refused => $"'{exchange}' refuses it",
        SendOutcome.TooLarge => "with the errors so far it is larger than the broker takes (max_message_size)",
        SendOutcome.CannotBeWritten => "content_type, content_encoding, correlation_id, message_id or reply_to is longer than AMQP's 255 bytes",
        _ => "the broker closed the channel over it each time",
    };

    /// <summary>The message again; but for AMQP's <c>expiration</c>, which bounded its wait in the queue that it has left.</summary>
    private OutboundMessage ToMessage(InboundDelivery delivery, JobRetry retry) => new()
    {
        Exchange = BrokerNames.Retry(retry.Delay),
        // Kept while the message waits, and so the way back to its queue.
        RoutingKey = BrokerNames.RoutingKey(delivery.QueueModel, delivery.Lane),
        Body = delivery.ToWireBody(),
        CorrelationId = delivery.CorrelationId,
        MessageId = delivery.MessageId,
        ReplyTo = delivery.ReplyTo,
        Priority = delivery.Priority,
        UserId = logins.Own,
        Headers = ToHeaders(delivery, retry),
    };

    private static Dictionary<string, string> ToHeaders(InboundDelivery delivery, JobRetry retry)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        if (retry.Attempt > 1)
        {
            headers[BrokerNames.AttemptHeader] = retry.Attempt.ToString(CultureInfo.InvariantCulture);
        }

        if (retry.Errors.Length > 0)
        {
            headers[BrokerNames.ErrorsHeader] = retry.Errors;
        }

        if (retry.Wait is { } wait)
        {
            headers[BrokerNames.WaitedHeader] = ((long)wait.Waited.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            if (delivery.Redelivered)
            {
                headers[BrokerNames.RedeliveredHeader] = "1";
            }
        }

        return headers;
    }

    [LoggerMessage(EventId = 350, Level = LogLevel.Error, Message = "Job {JobId} cannot wait for its next attempt: {Reason}")]
    private partial void LogNotKept(Guid jobId, string reason);
}
