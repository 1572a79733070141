using Millrace.Worker.Jobs;

namespace Millrace.Worker.Batching;

/// <summary>Why a run failed.</summary>
/// <param name="Cause">Its kind.</param>
/// <param name="Fault">What was thrown.</param>
internal sealed record RunFailure(FailureCause Cause, Exception Fault);
