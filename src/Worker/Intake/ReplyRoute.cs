using Millrace.Contracts.Wire;

namespace Millrace.Worker.Intake;

/// <summary>Where a job's reply goes, and in which form.</summary>
/// <param name="Queue">The queue; null where nobody waits.</param>
/// <param name="CorrelationId">Echoed.</param>
/// <param name="Format">The form that the job came in.</param>
/// <param name="Envelope">The envelope that it came in; null for the other forms.</param>
internal sealed record ReplyRoute(string? Queue, string? CorrelationId, WireFormat Format, MassTransitEnvelope? Envelope = null);
