using Millrace.Contracts.Wire;
using Millrace.Worker.Intake;

namespace Millrace.Worker.Jobs;

/// <summary>Where a job's reply goes, and in which form.</summary>
/// <param name="Queue">The queue; null where nobody waits, or where none may be written to.</param>
/// <param name="CorrelationId">Echoed.</param>
/// <param name="Format">The form that the job came in.</param>
/// <param name="Envelope">The envelope that it came in; null for the other forms.</param>
internal sealed record ReplyRoute(string? Queue, string? CorrelationId, WireFormat Format, MassTransitEnvelope? Envelope = null)
{
    private const string IdLeftOut =
        "correlation_id: left out, it has bytes that are no UTF-8 and cannot be echoed; send text, and tell the reply by the job's id meanwhile";

    /// <summary>Why no reply may go where the job wants it; null where it may.</summary>
    public string? Refusal { get; private init; }

    /// <summary>What the reply says of what it could not echo; null for nothing.</summary>
    public string? Note { get; private init; }

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
