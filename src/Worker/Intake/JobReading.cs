using System.Diagnostics.CodeAnalysis;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Worker.Intake;

/// <summary>What was read of a delivery: a job, or why it is none.</summary>
/// <param name="JobId">The id that its row has.</param>
/// <param name="Reply">Where its reply goes.</param>
/// <param name="Job">The job; null where there is an error.</param>
/// <param name="Error">Why it is none; null where there is a job.</param>
internal sealed record JobReading(Guid JobId, ReplyRoute Reply, PredictionJob? Job, WireError? Error)
{
    [MemberNotNullWhen(true, nameof(Job))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsJob => Job is not null;
}
