namespace Millrace.Scoring.Labels;

/// <summary>How labels are compared with what a model gives.</summary>
internal enum LabelKind
{
    /// <summary>A prediction is the label or is not: the share of those that are.</summary>
    Classes,

    /// <summary>A prediction is off by so much: mean errors, and R².</summary>
    Numbers,
}
