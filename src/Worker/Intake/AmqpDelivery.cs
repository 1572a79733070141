using System.Text;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using RabbitMQ.Client;

namespace Millrace.Worker.Intake;

/// <summary>Reads what AMQP says of a message beside its body.</summary>
internal static class AmqpDelivery
{
    /// <summary>A delivery by RabbitMQ.</summary>
    /// <param name="properties">Its properties.</param>
    /// <param name="body">Its body, which must stay valid until the settlement is called.</param>
    /// <param name="redelivered">Whether the broker handed it over before.</param>
    /// <param name="settlement">How it ends.</param>
    /// <param name="model">The model of its queue.</param>
    /// <param name="lane">The lane of its queue.</param>
    public static InboundDelivery Read(
        IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, bool redelivered, ISettlement settlement, string model, Lane lane) => new()
        {
            Body = body,
            ContentType = properties.ContentType,
            HeaderLength = WireFormats.HeaderLength(properties.Headers),
            ReplyTo = string.IsNullOrEmpty(properties.ReplyTo) ? null : properties.ReplyTo,
            CorrelationId = properties.CorrelationId,
            MessageId = properties.MessageId,
            Priority = properties.IsPriorityPresent() ? properties.Priority : null,
            Attempt = Math.Max(WireFormats.Number(properties.Headers, BrokerNames.AttemptHeader) ?? 1, 1),
            Errors = ToText(properties.Headers, BrokerNames.ErrorsHeader),
            Redelivered = redelivered,
            Settlement = settlement,
            QueueModel = model,
            Lane = lane,
        };

    private static string? ToText(IDictionary<string, object?>? headers, string name) =>
        headers is not null && headers.TryGetValue(name, out var value) && value is byte[] text ? Encoding.UTF8.GetString(text) : null;
}
