using Millrace.Contracts.Wire;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Intake;

/// <summary>Reads of a delivery where its reply goes. Pure.</summary>
internal static class ReplyRoutes
{
    private const string IdLeftOut =
        "correlation_id: left out, it has bytes that are no UTF-8 and cannot be echoed; send text, and tell the reply by the job's id meanwhile";

    /// <summary>The route of what a delivery brought.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="format">The form of the reply.</param>
    /// <param name="envelope">The envelope that it brought; null for none.</param>
    public static ReplyRoute Of(InboundDelivery delivery, WireFormat format, MassTransitEnvelope? envelope = null)
    {
        var (queue, field) = envelope?.ResponseQueue is { } response ? (response, "responseAddress") : (delivery.ReplyTo, "reply_to");
        var refusal = queue is null ? null : ReplyAddress.Refusal(queue, field);
        var isIntact = ShortText.IsIntact(delivery.CorrelationId);
        return new ReplyRoute(refusal is null ? queue : null, isIntact ? delivery.CorrelationId : null, format, envelope)
        {
            Refusal = refusal,
            Note = isIntact ? null : IdLeftOut,
        };
    }
}
