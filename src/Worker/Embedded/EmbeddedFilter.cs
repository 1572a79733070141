using MassTransit;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Embedded;

/// <summary>
/// Millrace's end of an in-memory receive endpoint: a filter on the receive context, which sees the raw body before any deserialization.
/// It costs about half of a typed consumer (docs/adr/0001). The delivery is acked when it returns.
/// </summary>
internal sealed class EmbeddedFilter(JobConsumer consumer, string model, Lane lane) : IFilter<ReceiveContext>
{
    public Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
    {
        var settlement = new AwaitedSettlement();
        var headers = context.TransportHeaders;
        consumer.Consume(
            new InboundDelivery
            {
                Body = context.Body.GetBytes(),
                ContentType = headers.Get<string>(MemoryHeaders.ContentType),
                HeaderLength = headers.Get<int>(OipFormat.HeaderLengthHeader),
                ReplyTo = headers.Get<string>(MemoryHeaders.ReplyTo),
                CorrelationId = headers.Get<string>(MemoryHeaders.CorrelationId),
                Redelivered = context.Redelivered,
                Settlement = settlement,
                QueueModel = model,
                Lane = lane,
            },
            context.CancellationToken);
        return settlement.Settled;
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("millrace");
}
