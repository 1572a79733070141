using Millrace.Contracts;
using Millrace.Contracts.Wire;
using RabbitMQ.Client;

namespace Millrace.Worker.Sending;

/// <summary>
/// A message's AMQP properties, in an object that the next message uses again: the client has written them down when its publish returns.
/// For one task at a time.
/// </summary>
internal sealed class MessageProperties
{
    private readonly BasicProperties _properties = new() { DeliveryMode = DeliveryModes.Persistent };
    private readonly Dictionary<string, object?> _headers = new(StringComparer.Ordinal);

    public MessageProperties() => _properties.Headers = _headers;

    /// <summary>The message's properties. They hold until the next call.</summary>
    public BasicProperties Of(OutboundMessage message)
    {
        _properties.ContentType = message.Body.ContentType;
        // The client leaves out what is null.
        _properties.ContentEncoding = message.Body.ContentEncoding;
        _properties.CorrelationId = message.CorrelationId;
        _properties.MessageId = message.MessageId;
        _properties.ReplyTo = message.ReplyTo;
        _properties.UserId = message.UserId;
        if (message.Timestamp is { } timestamp)
        {
            _properties.Timestamp = new AmqpTimestamp(timestamp.ToUnixTimeSeconds());
        }
        else
        {
            _properties.ClearTimestamp();
        }

        if (message.Priority is { } priority)
        {
            _properties.Priority = priority;
        }
        else
        {
            _properties.ClearPriority();
        }

        SetHeaders(message);
        return _properties;
    }

    private void SetHeaders(OutboundMessage message)
    {
        _headers.Clear();
        if (message.Status is { } status)
        {
            _headers[BrokerNames.StatusHeader] = status.ToWireName();
        }

        if (message.Body.HeaderLength is { } length)
        {
            _headers[OipFormat.HeaderLengthHeader] = length;
        }

        if (message.Headers is not null)
        {
            foreach (var (name, value) in message.Headers)
            {
                _headers[name] = value;
            }
        }
    }
}
