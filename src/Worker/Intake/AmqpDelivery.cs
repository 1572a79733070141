using System.Text;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Jobs;
using RabbitMQ.Client;

namespace Millrace.Worker.Intake;

/// <summary>Reads what AMQP says of a message beside its body.</summary>
internal static class AmqpDelivery
{
    /// <inheritdoc cref="Read(IReadOnlyBasicProperties, ReadOnlyMemory{byte}, bool, ISettlement, string, Lane)"/>
    public static InboundDelivery Read(in RawDelivery raw, string model, Lane lane) =>
        Read(raw.Properties, raw.Body, raw.Redelivered, raw.Settlement, model, lane);

    /// <summary>A delivery by RabbitMQ.</summary>
    /// <param name="properties">Its properties.</param>
    /// <param name="body">Its body, which must stay valid until the settlement is called.</param>
    /// <param name="redelivered">Whether the broker handed it over before.</param>
    /// <param name="settlement">How it ends.</param>
    /// <param name="model">The model of its queue.</param>
    /// <param name="lane">The lane of its queue.</param>
    public static InboundDelivery Read(
        IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, bool redelivered, ISettlement settlement, string model, Lane lane)
    {
        var headers = properties.Headers;
        var headerLength = WireFormats.HeaderLength(headers);
        return new InboundDelivery
        {
            Body = body,
            ContentType = ShortText.Cut(properties.ContentType),
            ContentEncoding = ShortText.Cut(properties.ContentEncoding),
            HeaderLength = headerLength,
            HeaderLengthText = headerLength is null ? WireFormats.Describe(headers, OipFormat.HeaderLengthHeader) : null,
            ReplyTo = string.IsNullOrEmpty(properties.ReplyTo) ? null : ShortText.Cut(properties.ReplyTo),
            CorrelationId = ShortText.Cut(properties.CorrelationId),
            MessageId = ShortText.Cut(properties.MessageId),
            Priority = properties.IsPriorityPresent() ? properties.Priority : null,
            UserId = properties.UserId,
            Attempt = Math.Max(WireFormats.Number(headers, BrokerNames.AttemptHeader) ?? 1, 1),
            Errors = ToText(headers, BrokerNames.ErrorsHeader),
            Waited = TimeSpan.FromMilliseconds(WireFormats.Number(headers, BrokerNames.WaitedHeader) ?? 0),
            WasRedelivered = WireFormats.Number(headers, BrokerNames.RedeliveredHeader) == 1,
            Redelivered = redelivered,
            Settlement = settlement,
            QueueModel = model,
            Lane = lane,
        };
    }

    private static string? ToText(IDictionary<string, object?>? headers, string name) =>
        headers is not null && headers.TryGetValue(name, out var value) && value is byte[] text ? Encoding.UTF8.GetString(text) : null;
}
