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
            context.TryGetPayload<RabbitMqBasicConsumeContext>(out var rabbitMq) ? FromRabbitMq(context, rabbitMq, model, lane) : FromMemory(context),
            context.CancellationToken);

    public void Probe(ProbeContext context) => context.CreateFilterScope("millrace");

    /// <summary>A delivery by RabbitMQ, of a queue of that model and lane.</summary>
    public static InboundDelivery FromRabbitMq(ReceiveContext context, RabbitMqBasicConsumeContext rabbitMq, string model, Lane lane)
    {
        var properties = rabbitMq.Properties;
        return new InboundDelivery
        {
            Body = context.Body.GetBytes(),
            ContentType = properties.ContentType,
            HeaderLength = WireFormats.HeaderLength(properties.Headers),
            ReplyTo = string.IsNullOrEmpty(properties.ReplyTo) ? null : properties.ReplyTo,
            CorrelationId = properties.CorrelationId,
            MessageId = properties.MessageId,
            Priority = properties.IsPriorityPresent() ? properties.Priority : null,
            Attempt = Math.Max(WireFormats.Number(properties.Headers, BrokerNames.AttemptHeader) ?? 1, 1),
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

    private static string? ToText(IDictionary<string, object?>? headers, string name) =>
        headers is not null && headers.TryGetValue(name, out var value) && value is byte[] text ? Encoding.UTF8.GetString(text) : null;
}
