using System.Globalization;
using Millrace.Worker.Inference;

namespace Millrace.Producer.Scoring;

/// <summary>Counts how often the prediction is the row's label, and apart from that on the rows that the model never saw.</summary>
internal sealed class LabelTally(EvaluationDescription? evaluation)
{
    /// <summary>Rows compared.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows whose label was predicted.</summary>
    public long Hits { get; private set; }

    /// <summary>Rows compared that were held out of the training, if this is the file that it was trained on.</summary>
    public long HeldOutRows { get; private set; }

    /// <summary>Those whose label was predicted.</summary>
    public long HeldOutHits { get; private set; }

    /// <summary>Compares a row.</summary>
    /// <param name="row">Its number, from 0.</param>
    /// <param name="label">The file's label.</param>
    /// <param name="prediction">The model's.</param>
    public void Add(long row, string label, string prediction)
    {
        var hit = Same(label, prediction) ? 1 : 0;
        Rows++;
        Hits += hit;
        if (evaluation is { HeldOutEvery: > 0 } && row + 1 >= evaluation.HeldOutFirst
            && (row + 1 - evaluation.HeldOutFirst) % evaluation.HeldOutEvery == 0)
        {
            HeldOutRows++;
            HeldOutHits += hit;
        }
    }

    /// <summary>The same text, or two spellings of one number: 7 and 7.0.</summary>
    private static bool Same(string label, string prediction) =>
        label.AsSpan().Trim().SequenceEqual(prediction)
        || (double.TryParse(label, CultureInfo.InvariantCulture, out var left)
            && double.TryParse(prediction, CultureInfo.InvariantCulture, out var right)
            && left == right);
}
