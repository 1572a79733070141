using Millrace.Contracts;
using Millrace.Contracts.Wire;
using RabbitMQ.Client;

namespace Millrace.Worker.Delivery;

/// <summary>A message's AMQP properties.</summary>
internal static class MessageProperties
{
    public static BasicProperties Of(OutboundMessage message)
    {
        var properties = new BasicProperties { ContentType = message.Body.ContentType, DeliveryMode = DeliveryModes.Persistent };
        if (message.CorrelationId is not null)
        {
            properties.CorrelationId = message.CorrelationId;
        }

        if (message.MessageId is not null)
        {
            properties.MessageId = message.MessageId;
        }

        if (message.ReplyTo is not null)
        {
            properties.ReplyTo = message.ReplyTo;
        }

        if (message.Timestamp is { } timestamp)
        {
            properties.Timestamp = new AmqpTimestamp(timestamp.ToUnixTimeSeconds());
        }

        if (message.Priority is { } priority)
        {
            properties.Priority = priority;
        }

        properties.Headers = Headers(message);
        return properties;
    }

    private static Dictionary<string, object?> Headers(OutboundMessage message)
    {
        var headers = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (message.Status is { } status)
        {
            headers[BrokerNames.StatusHeader] = status.ToWireName();
        }

        if (message.Body.HeaderLength is { } length)
        {
            headers[OipFormat.HeaderLengthHeader] = length;
        }

        if (message.Headers is not null)
        {
            foreach (var (name, value) in message.Headers)
            {
                headers[name] = value;
            }
        }

        return headers;
    }
}
