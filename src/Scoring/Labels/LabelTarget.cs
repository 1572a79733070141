using Millrace.Contracts;

namespace Millrace.Scoring.Labels;

/// <summary>What labels are compared with.</summary>
/// <param name="Output">The output; its first element of each row counts.</param>
/// <param name="Datatype">What its elements are.</param>
/// <param name="Reason">Why this output, for people; null where it goes without saying.</param>
internal sealed record LabelTarget(string Output, TensorDatatype Datatype, string? Reason)
{
    /// <summary>How they are compared.</summary>
    public LabelKind Kind => Datatype is TensorDatatype.Fp16 or TensorDatatype.Fp32 or TensorDatatype.Fp64 ? LabelKind.Numbers : LabelKind.Classes;
}
