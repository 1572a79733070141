using Millrace.Contracts.Wire;

namespace Millrace.Worker.Sending;

/// <summary>
/// The texts of a message that AMQP counts in one byte. They are looked at before a channel is: the client library finds a long one out
/// while it writes, and what it has told the broker by then is not known.
/// </summary>
internal static class AmqpShortText
{
    /// <summary>The first of a message's texts that cannot be written, by AMQP's name; null where all can.</summary>
    public static string? FirstUnwritable(OutboundMessage message) =>
        !Fits(message.RoutingKey) ? "routing_key"
        : !Fits(message.Body.ContentType) ? "content_type"
        : !Fits(message.Body.ContentEncoding) ? "content_encoding"
        : !Fits(message.CorrelationId) ? "correlation_id"
        : !Fits(message.MessageId) ? "message_id"
        : !Fits(message.ReplyTo) ? "reply_to"
        : null;

    private static bool Fits(string? text) => text is null || ShortText.Fits(text);
}
