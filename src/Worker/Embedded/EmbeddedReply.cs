using Millrace.Contracts.Wire;

namespace Millrace.Worker.Embedded;

/// <summary>A reply of the embedded worker.</summary>
/// <param name="CorrelationId">The job's.</param>
/// <param name="Body">The protocol's response.</param>
public sealed record EmbeddedReply(string? CorrelationId, WireBody Body);
