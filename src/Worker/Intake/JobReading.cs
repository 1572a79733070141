using System.Diagnostics.CodeAnalysis;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Jobs;

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

    /// <summary>What a compressed body was inflated to; null for one that was not compressed, or could not be inflated.</summary>
    public InflatedBody? Inflated { get; init; }

    /// <summary>
    /// The hash of what could not be read as a job: of what a compressed body says, so that the same body is the same content however it is
    /// compressed.
    /// </summary>
    public ReadOnlyMemory<byte> HashOf(InboundDelivery delivery) => Intake.PayloadHash.Of((Inflated?.Bytes ?? delivery.Body).Span);
}
