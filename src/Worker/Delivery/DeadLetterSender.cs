using Microsoft.Extensions.Logging;
using Millrace.Contracts.Wire;
using Millrace.Contracts;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Sending;

namespace Millrace.Worker.Delivery;

/// <summary>
/// Takes bodies that cannot be read at all to <c>millrace.dead</c>, as they came, with the reason in a header. What AMQP cannot carry, or
/// what costs the channel, is left out, and a header says what.
/// </summary>
internal sealed partial class DeadLetterSender(IMessageSender sender, WorkerMetrics metrics, TimeProvider time, ILogger<DeadLetterSender> logger)
{
    // The broker counts the delivery each time that it goes back, and takes the body to the dead letters itself in the end.
    private static readonly TimeSpan[] s_delays = [TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1)];

    /// <summary>Sends a body there.</summary>
    /// <exception cref="DeadLetterException">It is not there; its delivery must not be acked.</exception>
    public async Task SendAsync(InboundDelivery delivery, WireError error, CancellationToken cancellationToken)
    {
        var queue = BrokerNames.Queue(delivery.QueueModel, delivery.Lane);
        LogDead(queue, error.Code, error.Message);
        metrics.DeadLettered(delivery.QueueModel, error.Code);
        var message = WithoutUnwritable(ToMessage(delivery, error, queue));
        var outcome = await sender.SendAsync(message, cancellationToken);
        if (outcome == SendOutcome.CostsChannel)
        {
            message = Bare(message);
            outcome = await sender.SendAsync(message, cancellationToken);
        }

        for (var i = 0; outcome is SendOutcome.Unroutable or SendOutcome.Refused && i < s_delays.Length; i++)
        {
            await Task.Delay(s_delays[i], time, cancellationToken);
            outcome = await sender.SendAsync(message, cancellationToken);
        }

        if (outcome != SendOutcome.Confirmed)
        {
            throw new DeadLetterException(
                $"'{BrokerNames.DeadLetters}' did not take a body of {delivery.Body.Length} bytes that cannot be read: {outcome}");
        }
    }

    private OutboundMessage ToMessage(InboundDelivery delivery, WireError error, string queue) => new()
    {
        Exchange = BrokerNames.DeadLetters,
        RoutingKey = "",
        Body = delivery.ToWireBody(),
        CorrelationId = delivery.CorrelationId,
        MessageId = delivery.MessageId,
        ReplyTo = delivery.ReplyTo,
        Timestamp = time.GetUtcNow(),
        Headers = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [BrokerNames.ReasonHeader] = $"{error.Code}: {error.Message}",
            [BrokerNames.QueueHeader] = queue,
        },
    };

    private OutboundMessage WithoutUnwritable(OutboundMessage message)
    {
        List<string> leftOut = [];
        while (AmqpShortText.FirstUnwritable(message) is { } name)
        {
            leftOut.Add(name);
            message = name switch
            {
                "content_type" => message with { Body = message.Body with { ContentType = "" } },
                "content_encoding" => message with { Body = message.Body with { ContentEncoding = null } },
                "correlation_id" => message with { CorrelationId = null },
                "message_id" => message with { MessageId = null },
                _ => message with { ReplyTo = null },
            };
        }

        return leftOut.Count == 0 ? message : LeftOut(message, string.Join(", ", leftOut));
    }

    /// <summary>The body alone.</summary>
    private OutboundMessage Bare(OutboundMessage message) => LeftOut(
        message with { Body = message.Body with { ContentType = "", ContentEncoding = null }, CorrelationId = null, MessageId = null, ReplyTo = null },
        "content_type, content_encoding, correlation_id, message_id, reply_to");

    private OutboundMessage LeftOut(OutboundMessage message, string names)
    {
        LogLeftOut(names);
        return message with
        {
            Headers = new Dictionary<string, string>(message.Headers!, StringComparer.Ordinal) { [BrokerNames.LeftOutHeader] = names },
        };
    }

    [LoggerMessage(EventId = 330, Level = LogLevel.Warning, Message = "A delivery of {Queue} cannot be read and goes to the dead letters: {Code}: {Reason}")]
    private partial void LogDead(string queue, string code, string reason);

    [LoggerMessage(EventId = 331, Level = LogLevel.Warning, Message = "A dead letter is sent without its {Properties}: they cannot be written, or cost the channel")]
    private partial void LogLeftOut(string properties);
}

/// <summary>A body that cannot be read did not get to the dead letters, and so its delivery goes back to the broker.</summary>
internal sealed class DeadLetterException(string message) : Exception(message);
