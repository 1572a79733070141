using Microsoft.Extensions.Logging;
using Millrace.Worker.Broker;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;

namespace Millrace.Worker.Retries;

/// <summary>
/// Believes what a job says of its attempts and its waiting only where a worker has written it. A caller that claims attempts has none of them
/// counted, and its errors do not come into the row.
/// </summary>
internal sealed partial class RetryClaims(WorkerLogins logins, TimeProvider time, ILogger<RetryClaims> logger)
{
    private readonly LogPace _pace = new(time, TimeSpan.FromMinutes(1));

    /// <returns>The delivery, without what is not believed.</returns>
    public InboundDelivery Check(InboundDelivery delivery)
    {
        if (delivery is { Attempt: 1, Errors: null, WasRedelivered: false } && delivery.Waited == TimeSpan.Zero)
        {
            return delivery;
        }

        if (logins.IsWorker(delivery.UserId))
        {
            return delivery.WasRedelivered ? delivery with { Redelivered = true } : delivery;
        }

        if (_pace.TryTake(out var heldBack))
        {
            LogForged(delivery.QueueModel, delivery.UserId ?? "nobody", heldBack);
        }

        return delivery with { Attempt = 1, Errors = null, Waited = TimeSpan.Zero, WasRedelivered = false };
    }

    [LoggerMessage(
        EventId = 520,
        Level = LogLevel.Warning,
        Message = "A job of model {Model} has a worker's headers (millrace-attempt, -errors, -waited or -redelivered), but its user_id is {UserId}, no worker's: they are not believed, and it counts as new. Where another worker has that login, name it in Broker:WorkerUsers. {HeldBack} more since the last such line")]
    private partial void LogForged(string model, string userId, long heldBack);
}
