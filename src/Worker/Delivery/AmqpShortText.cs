using System.Text;

namespace Millrace.Worker.Delivery;

/// <summary>
/// The texts of a message that AMQP counts in one byte. They are looked at before a channel is: the client library finds a long one out
/// while it writes, and what it has told the broker by then is not known.
/// </summary>
internal static class AmqpShortText
{
    /// <summary>The most bytes of such a text, in UTF-8.</summary>
    public const int MaxBytes = 255;

    // No character has more bytes.
    private const int MaxBytesOfCharacter = 3;

    public static bool Fits(string? text) =>
        text is null || text.Length <= MaxBytes / MaxBytesOfCharacter || Encoding.UTF8.GetByteCount(text) <= MaxBytes;

    /// <summary>The first of a message's texts that cannot be written, by AMQP's name; null where all can.</summary>
    public static string? FirstUnwritable(OutboundMessage message) =>
        !Fits(message.RoutingKey) ? "routing_key"
        : !Fits(message.Body.ContentType) ? "content_type"
        : !Fits(message.CorrelationId) ? "correlation_id"
        : !Fits(message.MessageId) ? "message_id"
        : !Fits(message.ReplyTo) ? "reply_to"
        : null;
}
