using System.Globalization;
using System.Text;
using MassTransit;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Worker.Intake;

/// <summary>
/// Millrace's end of a MassTransit receive endpoint: a filter on the receive context, which sees the raw body and properties before
/// any deserialization. It costs about half of a typed consumer (docs/adr/0001). The delivery is acked when it returns.
/// </summary>
internal sealed class ReceiveFilter(JobConsumer consumer, string model, Lane lane) : IFilter<ReceiveContext>
{
    public Task Send(ReceiveContext context, IPipe<ReceiveContext> next) =>
        consumer.ConsumeAsync(
            context.TryGetPayload<RabbitMqBasicConsumeContext>(out var rabbitMq) ? FromRabbitMq(context, rabbitMq) : FromMemory(context),
            context.CancellationToken);

    public void Probe(ProbeContext context) => context.CreateFilterScope("millrace");

    private InboundDelivery FromRabbitMq(ReceiveContext context, RabbitMqBasicConsumeContext rabbitMq)
    {
        var properties = rabbitMq.Properties;
        return new InboundDelivery
        {
            Body = context.Body.GetBytes(),
            ContentType = properties.ContentType,
            HeaderLength = properties.Headers is { } headers && headers.TryGetValue(OipFormat.HeaderLengthHeader, out var length) ? ToNumber(length) : null,
            ReplyTo = string.IsNullOrEmpty(properties.ReplyTo) ? null : properties.ReplyTo,
            CorrelationId = properties.CorrelationId,
            MessageId = properties.MessageId,
            Priority = properties.IsPriorityPresent() ? properties.Priority : null,
            Attempt = ToAttempt(properties.Headers),
            Errors = ToText(properties.Headers, BrokerNames.ErrorsHeader),
            Redelivered = context.Redelivered,
            QueueModel = model,
            Lane = lane,
        };
    }

    private InboundDelivery FromMemory(ReceiveContext context)
    {
        var headers = context.TransportHeaders;
        return new InboundDelivery
        {
            Body = context.Body.GetBytes(),
            ContentType = headers.Get<string>(MemoryHeaders.ContentType),
            HeaderLength = headers.Get<int>(OipFormat.HeaderLengthHeader),
            ReplyTo = headers.Get<string>(MemoryHeaders.ReplyTo),
            CorrelationId = headers.Get<string>(MemoryHeaders.CorrelationId),
            Redelivered = context.Redelivered,
            QueueModel = model,
            Lane = lane,
        };
    }

    private static int ToAttempt(IDictionary<string, object?>? headers) =>
        headers is not null && headers.TryGetValue(BrokerNames.AttemptHeader, out var attempt) ? Math.Max(ToNumber(attempt) ?? 1, 1) : 1;

    private static string? ToText(IDictionary<string, object?>? headers, string name) =>
        headers is not null && headers.TryGetValue(name, out var value) && value is byte[] text ? Encoding.UTF8.GetString(text) : null;

    /// <summary>AMQP clients write a number as whatever their language makes of it.</summary>
    private static int? ToNumber(object? value) => value switch
    {
        int number => number,
        long number and >= 0 and <= int.MaxValue => (int)number,
        uint number and <= int.MaxValue => (int)number,
        short number => number,
        ushort number => number,
        byte number => number,
        sbyte number => number,
        byte[] text => ToNumber(Encoding.UTF8.GetString(text)),
        string text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };
}
