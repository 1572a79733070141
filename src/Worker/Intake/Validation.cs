using Millrace.Contracts;
using Millrace.Worker.Batching;

namespace Millrace.Worker.Intake;

/// <summary>The answer to a job: it may run, or it is rejected. One of the two is null.</summary>
internal readonly record struct Validation
{
    public Validation(Admission admission) => Admission = admission;

    public Validation(JobOutcome rejection) => Rejection = rejection;

    public Admission? Admission { get; }

    public JobOutcome? Rejection { get; }
}

/// <summary>A job as the model takes it.</summary>
/// <param name="Inputs">In the order of the model's inputs.</param>
/// <param name="Rows">How many.</param>
/// <param name="Key">What it may be batched with.</param>
/// <param name="Selection">The outputs wanted: indexes among the model's.</param>
internal readonly record struct Admission(IReadOnlyList<Tensor> Inputs, int Rows, BatchKey Key, int[] Selection);
