using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;

namespace Millrace.Worker.DeadLetters;

/// <summary>Lets those dead letters through that the broker can have made. Each is acked at its end; <c>millrace.dead</c> keeps its own copy.</summary>
/// <remarks>
/// A row is final, so what asks for one must be the broker's own doing. It cannot be proved: whoever may write to the exchange
/// <c>millrace.dead</c> can write what the broker would have written (SECURITY.md). What the broker cannot have written gets no row.
/// </remarks>
internal sealed partial class DeadLetterFilter(DeadLetterConsumer consumer, TimeProvider time, ILogger<DeadLetterFilter> logger)
{
    private readonly LogPace _pace = new(time, TimeSpan.FromMinutes(1));

    /// <summary>Takes a message in. Returns at once; its settlement is called at its end.</summary>
    /// <param name="raw">The message.</param>
    /// <param name="gone">Ends the sending of an error reply, where it is of no use any more.</param>
    public void Take(RawDelivery raw, CancellationToken gone)
    {
        if (BrokerDeath.Read(raw.Properties.Headers, raw.RoutingKey) is not { } death)
        {
            // A worker sent it here, because no job can be read of it, and has answered it. Or a person put it here. A reason in its headers says
            // nothing: what died has whatever headers its publisher gave it.
            raw.Settlement.Complete();
            return;
        }

        var doubt = DeadLetterOrigin.Doubt(death, raw.Exchange);
        if (doubt is not null || !BrokerNames.TryParseQueue(death.ModelQueue!, out var model, out var lane))
        {
            if (_pace.TryTake(out var heldBack))
            {
                LogDoubtful(doubt!, heldBack);
            }

            raw.Settlement.Complete();
            return;
        }

        // A worker may have had it, and its row may be there with no reply sent: for the reply it counts as delivered again.
        _ = ConsumeAsync(AmqpDelivery.Read(raw with { Redelivered = true }, model, lane), death, gone);
    }

    private async Task ConsumeAsync(InboundDelivery delivery, BrokerDeath death, CancellationToken gone)
    {
        try
        {
            await consumer.ConsumeAsync(delivery, death, gone);
        }
        catch (Exception fault)
        {
            // The worker ends before the dead letter does: it goes back to its queue.
            delivery.Settlement.Abandon(fault);
        }
    }

    [LoggerMessage(
        EventId = 602,
        Level = LogLevel.Warning,
        Message = "A message among the dead letters is not there by the broker's doing, and gets no row and no reply: {Doubt}. It stays in millrace.dead; who may write there is in SECURITY.md. {HeldBack} more since the last such line")]
    private partial void LogDoubtful(string doubt, long heldBack);
}
