using MassTransit;
using Millrace.Contracts;
using Millrace.Worker.Intake;

namespace Millrace.Worker.DeadLetters;

/// <summary>Millrace's end of the receive endpoint of the dead letters. The copy is acked when it returns; <c>millrace.dead</c> keeps its own.</summary>
internal sealed class DeadLetterFilter(DeadLetterConsumer consumer) : IFilter<ReceiveContext>
{
    public async Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
    {
        var rabbitMq = context.GetPayload<RabbitMqBasicConsumeContext>();
        var headers = rabbitMq.Properties.Headers;
        if (headers?.ContainsKey(BrokerNames.ReasonHeader) == true || BrokerDeath.Read(headers) is not { } death)
        {
            // A worker sent it here, because no job can be read of it, and has answered it. Or a person put it here.
            return;
        }

        if (!BrokerNames.TryParseQueue(death.ModelQueue ?? "", out var model, out var lane))
        {
            model = death.Queue;
        }

        var settlement = new AwaitedSettlement();
        var delivery = AmqpDelivery.Read(rabbitMq.Properties, context.Body.GetBytes(), context.Redelivered, settlement, model, lane);
        await consumer.ConsumeAsync(delivery, death, context.CancellationToken);
        await settlement.Settled;
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("millrace-dead-letters");
}
