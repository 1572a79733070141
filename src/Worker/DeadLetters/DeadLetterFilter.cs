using MassTransit;
using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Worker.Intake;
using Millrace.Worker.Observability;

namespace Millrace.Worker.DeadLetters;

/// <summary>Millrace's end of the receive endpoint of the dead letters. The copy is acked when it returns; <c>millrace.dead</c> keeps its own.</summary>
/// <remarks>
/// A row is final, so what asks for one must be the broker's own doing. It cannot be proved: whoever may write to the exchange
/// <c>millrace.dead</c> can write what the broker would have written (SECURITY.md). What the broker cannot have written gets no row.
/// </remarks>
internal sealed partial class DeadLetterFilter(DeadLetterConsumer consumer, TimeProvider time, ILogger<DeadLetterFilter> logger) : IFilter<ReceiveContext>
{
    private readonly LogPace _pace = new(time, TimeSpan.FromMinutes(1));

    public async Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
    {
        var rabbitMq = context.GetPayload<RabbitMqBasicConsumeContext>();
        if (BrokerDeath.Read(rabbitMq.Properties.Headers, rabbitMq.RoutingKey) is not { } death)
        {
            // A worker sent it here, because no job can be read of it, and has answered it. Or a person put it here. A reason in its headers says
            // nothing: what died has whatever headers its publisher gave it.
            return;
        }

        var doubt = DeadLetterOrigin.Doubt(death, rabbitMq.Exchange);
        if (doubt is not null || !BrokerNames.TryParseQueue(death.ModelQueue!, out var model, out var lane))
        {
            if (_pace.TryTake(out var heldBack))
            {
                LogDoubtful(doubt!, heldBack);
            }

            return;
        }

        var settlement = new AwaitedSettlement();
        // A worker may have had it, and its row may be there with no reply sent: for the reply it counts as delivered again.
        var delivery = AmqpDelivery.Read(rabbitMq.Properties, context.Body.GetBytes(), redelivered: true, settlement, model, lane);
        await consumer.ConsumeAsync(delivery, death, context.CancellationToken);
        await settlement.Settled;
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("millrace-dead-letters");

    [LoggerMessage(
        EventId = 602,
        Level = LogLevel.Warning,
        Message = "A message among the dead letters is not there by the broker's doing, and gets no row and no reply: {Doubt}. It stays in millrace.dead; who may write there is in SECURITY.md. {HeldBack} more since the last such line")]
    private partial void LogDoubtful(string doubt, long heldBack);
}
