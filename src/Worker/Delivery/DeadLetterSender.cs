using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Intake;
using Millrace.Worker.Observability;

namespace Millrace.Worker.Delivery;

/// <summary>Takes bodies that cannot be read at all to <c>millrace.dead</c>, as they came, with the reason in a header.</summary>
internal sealed partial class DeadLetterSender(IMessageSender sender, WorkerMetrics metrics, TimeProvider time, ILogger<DeadLetterSender> logger)
{
    public async Task SendAsync(InboundDelivery delivery, WireError error, CancellationToken cancellationToken)
    {
        var queue = BrokerNames.Queue(delivery.QueueModel, delivery.Lane);
        LogDead(queue, error.Code, error.Message);
        metrics.DeadLettered(delivery.QueueModel, error.Code);
        await sender.SendAsync(
            new OutboundMessage
            {
                Exchange = BrokerNames.DeadLetters,
                RoutingKey = "",
                Body = new WireBody(delivery.Body, delivery.ContentType ?? "", delivery.HeaderLength),
                CorrelationId = delivery.CorrelationId,
                MessageId = delivery.MessageId,
                ReplyTo = delivery.ReplyTo,
                Timestamp = time.GetUtcNow(),
                Headers = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    [BrokerNames.ReasonHeader] = $"{error.Code}: {error.Message}",
                    [BrokerNames.QueueHeader] = queue,
                },
            },
            cancellationToken);
    }

    [LoggerMessage(EventId = 330, Level = LogLevel.Warning, Message = "A delivery of {Queue} cannot be read and goes to the dead letters: {Code}: {Reason}")]
    private partial void LogDead(string queue, string code, string reason);
}
