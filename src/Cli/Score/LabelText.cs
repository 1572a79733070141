using System.Globalization;
using Millrace.Contracts;
using Millrace.Scoring.Labels;

namespace Millrace.Cli.Score;

/// <summary>What came of comparing with labels, in words.</summary>
/// <param name="Plan">What was to be compared.</param>
/// <param name="Tally">What came of it; null where nothing was compared.</param>
/// <param name="Evaluation">The file that the model was evaluated on.</param>
/// <param name="IsKnownFile">Whether this is that file.</param>
internal sealed record LabelText(LabelPlan Plan, LabelTally? Tally, EvaluationDescription? Evaluation, bool IsKnownFile)
{
    // Past these an R² is shown by its exponent.
    private const double MostDigits = -1e6;

    /// <summary>The lines.</summary>
    public IEnumerable<string> Lines()
    {
        if (Tally is not { } tally)
        {
            yield return $"label      '{Plan.Name}' was not compared: {Plan.Obstacle}";
            yield break;
        }

        if (tally.All.Rows > 0)
        {
            yield return $"{Heading(tally)}{Score(tally.All)} against '{Plan.Name}'{(IsKnownFile ? ", rows of the training included" : "")}{Example(tally)}";
            if (IsKnownFile && tally.HeldOut.Rows > 0)
            {
                yield return $"held out   {HeldOutRows(Evaluation!)}: {Score(tally.HeldOut)}";
            }
        }

        if (LeftOut(tally) is { } leftOut)
        {
            yield return leftOut;
        }
    }

    private static string Heading(LabelTally tally) => tally.Target.Kind == LabelKind.Classes ? "accuracy   " : "errors     ";

    private string Score(LabelScore score) => Tally!.Target.Kind == LabelKind.Classes
        ? $"{Number(100.0 * score.Hits / score.Rows, "0.0")} % of {Count(score.Rows)}"
        : $"MAE {Error(score.MeanAbsoluteError)}, RMSE {Error(score.RootMeanSquaredError)}, R² "
            + $"{(score.RSquared is { } rSquared ? RSquared(rSquared) : "undefined (all labels are the same)")} over {Count(score.Rows)} rows";

    private static string Error(double mean) => double.IsFinite(mean) ? Number(mean, "G6") : $"over {Number(double.MaxValue, "G6")}";

    private static string RSquared(double value) => double.IsFinite(value)
        ? Number(value, value < MostDigits ? "G6" : "0.####")
        : $"below {Number(double.MinValue, "G6")}";

    /// <summary>Where nothing at all was right, two texts say more than a share.</summary>
    private static string Example(LabelTally tally) => tally is { Target.Kind: LabelKind.Classes, All.Hits: 0, FirstMiss: { } miss }
        ? $"; the first: label '{OneLine(miss.Label)}', prediction '{OneLine(miss.Prediction)}'"
        : "";

    private string? LeftOut(LabelTally tally)
    {
        var reasons = new List<string>();
        if (tally.EmptyLabels > 0)
        {
            reasons.Add($"{Count(tally.EmptyLabels)} {(tally.EmptyLabels == 1 ? "label is" : "labels are")} empty");
        }

        if (tally.OtherLabels > 0)
        {
            reasons.Add(
                $"{Count(tally.OtherLabels)} {(tally.OtherLabels == 1 ? "label is" : "labels are")} not {LabelReading.Expected(tally.Target.Datatype)} "
                    + $"as output '{tally.Target.Output}' gives, the first '{OneLine(tally.FirstOtherLabel!)}'");
        }

        if (tally.UnboundedPredictions > 0)
        {
            reasons.Add($"{Count(tally.UnboundedPredictions)} {(tally.UnboundedPredictions == 1 ? "prediction is" : "predictions are")} NaN or infinite");
        }

        return reasons.Count == 0
            ? tally.All.Rows == 0 ? $"label      '{Plan.Name}' was not compared: no row has an output" : null
            : $"label      {(tally.All.Rows == 0 ? $"'{Plan.Name}' was not compared" : "not compared")}: {string.Join("; ", reasons)}";
    }

    private static string HeldOutRows(EvaluationDescription evaluation)
    {
        var (first, every) = (evaluation.HeldOutFirst, evaluation.HeldOutEvery);
        return $"rows {first}, {first + every}, {first + (2 * every)}, … (every {Ordinal(every)}, never trained on)";
    }

    private static string Ordinal(int number) => number switch
    {
        1 => "one",
        _ when number % 100 is 11 or 12 or 13 => $"{number}th",
        _ when number % 10 == 1 => $"{number}st",
        _ when number % 10 == 2 => $"{number}nd",
        _ when number % 10 == 3 => $"{number}rd",
        _ => $"{number}th",
    };

    private static string OneLine(string text)
    {
        const int MostChars = 40;
        var line = text.ReplaceLineEndings(" ");
        return line.Length > MostChars ? $"{line[..MostChars]}…" : line;
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
