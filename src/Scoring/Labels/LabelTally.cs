using Millrace.Contracts;

namespace Millrace.Scoring.Labels;

/// <summary>Compares predictions with the rows' labels, and apart from that on the rows that the model never saw. What it leaves out it counts.</summary>
internal sealed class LabelTally(LabelTarget target, EvaluationDescription? evaluation)
{
    /// <summary>What is compared.</summary>
    public LabelTarget Target { get; } = target;

    /// <summary>Rows compared.</summary>
    public LabelScore All { get; } = new();

    /// <summary>Those of them that were held out of the training, if this is the file that it was trained on.</summary>
    public LabelScore HeldOut { get; } = new();

    /// <summary>Rows whose label is empty.</summary>
    public long EmptyLabels { get; private set; }

    /// <summary>Rows whose label is something that no prediction could be, such as a word beside numbers.</summary>
    public long OtherLabels { get; private set; }

    /// <summary>The first of them.</summary>
    public string? FirstOtherLabel { get; private set; }

    /// <summary>Rows whose prediction is NaN or infinite.</summary>
    public long UnboundedPredictions { get; private set; }

    /// <summary>The first label and prediction that were not the same class.</summary>
    public (string Label, string Prediction)? FirstMiss { get; private set; }

    /// <summary>Compares a row.</summary>
    /// <param name="row">Its number, from 0.</param>
    /// <param name="label">The file's label.</param>
    /// <param name="prediction">The model's.</param>
    public void Add(long row, string label, string prediction)
    {
        if (string.IsNullOrWhiteSpace(label))
        {
            EmptyLabels++;
        }
        else if (!LabelReading.IsComparable(label, Target.Datatype))
        {
            OtherLabels++;
            FirstOtherLabel ??= label;
        }
        else if (Target.Kind == LabelKind.Classes)
        {
            var isHit = LabelReading.AreSame(label, prediction, Target.Datatype);
            FirstMiss ??= isHit ? null : (label, prediction);
            All.Add(isHit);
            if (IsHeldOut(row))
            {
                HeldOut.Add(isHit);
            }
        }
        else
        {
            AddNumber(row, label, prediction);
        }
    }

    private void AddNumber(long row, string label, string prediction)
    {
        if (!LabelReading.TryReadNumber(prediction, out var predicted) || !double.IsFinite(predicted))
        {
            UnboundedPredictions++;
            return;
        }

        LabelReading.TryReadNumber(label, out var right);
        All.Add(right, predicted);
        if (IsHeldOut(row))
        {
            HeldOut.Add(right, predicted);
        }
    }

    private bool IsHeldOut(long row) => evaluation is { HeldOutEvery: > 0 } && row + 1 >= evaluation.HeldOutFirst
        && (row + 1 - evaluation.HeldOutFirst) % evaluation.HeldOutEvery == 0;
}
