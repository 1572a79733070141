using Millrace.Contracts.Wire;

namespace Millrace.Worker.Jobs;

/// <summary>Where a job's reply goes, and in which form.</summary>
/// <param name="Queue">The queue; null where nobody waits, or where none may be written to.</param>
/// <param name="CorrelationId">Echoed.</param>
/// <param name="Format">The form that the job came in.</param>
/// <param name="Envelope">The envelope that it came in; null for the other forms.</param>
internal sealed record ReplyRoute(string? Queue, string? CorrelationId, WireFormat Format, MassTransitEnvelope? Envelope = null)
{
    /// <summary>Why no reply may go where the job wants it; null where it may.</summary>
    public string? Refusal { get; init; }

    /// <summary>What the reply says of what it could not echo; null for nothing.</summary>
    public string? Note { get; init; }
}
