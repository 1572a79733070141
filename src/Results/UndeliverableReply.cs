namespace Millrace.Results;

/// <summary>A reply that could not be delivered.</summary>
/// <param name="JobId">The job; its row is committed.</param>
/// <param name="Reason">Why: one of <see cref="UndeliverableReason"/>.</param>
public readonly record struct UndeliverableReply(Guid JobId, string Reason);
