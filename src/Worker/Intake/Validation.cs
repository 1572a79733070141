using Millrace.Contracts;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Intake;

/// <summary>The answer to a job: it may run, or it is rejected. One of the two is null.</summary>
internal readonly record struct Validation
{
    public Validation(Admission admission) => Admission = admission;

    /// <param name="rejection">Why not.</param>
    /// <param name="rows">Its rows, where they could be told and each has its error.</param>
    public Validation(JobOutcome rejection, int rows = 0) => (Rejection, RejectedRows) = (rejection, rows);

    public Admission? Admission { get; }

    public JobOutcome? Rejection { get; }

    public int RejectedRows { get; }
}

/// <summary>A job as the model takes it.</summary>
/// <param name="Inputs">In the order of the model's inputs.</param>
/// <param name="Rows">How many.</param>
/// <param name="Key">What it may be batched with.</param>
/// <param name="Selection">The outputs wanted: indexes among the model's.</param>
internal readonly record struct Admission(IReadOnlyList<Tensor> Inputs, int Rows, BatchKey Key, int[] Selection)
{
    /// <summary>Set where bad rows are named and the others answered; inputs and rows are then without those that are bad already.</summary>
    public PartialRows? Partial { get; init; }
}
