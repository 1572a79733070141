namespace Millrace.Worker.Delivery;

/// <summary>
/// RabbitMQ's direct reply-to (https://www.rabbitmq.com/docs/direct-reply-to): a name in place of a queue, behind which a caller's channel
/// takes the reply itself. A mandatory message to one is returned whether it was delivered or not.
/// </summary>
internal static class DirectReplyTo
{
    private const string Prefix = "amq.rabbitmq.reply-to";

    public static bool IsAddressOf(OutboundMessage message) =>
        message.Exchange.Length == 0 && message.RoutingKey.StartsWith(Prefix, StringComparison.Ordinal);
}
