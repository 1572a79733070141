using System.Globalization;
using Millrace.Contracts;
using Millrace.Scoring.Labels;
using Millrace.Scoring.Runs;

namespace Millrace.Cli.Score;

/// <summary>The end of <c>millrace score</c>, in words.</summary>
internal sealed record SummaryText
{
    public required ScoreSummary Summary { get; init; }

    public required Guid RunId { get; init; }

    /// <summary>Where the rows went.</summary>
    public required string Output { get; init; }

    /// <summary>What was to be compared; null for nothing.</summary>
    public LabelPlan? Label { get; init; }

    /// <summary>The file that the model was evaluated on.</summary>
    public EvaluationDescription? Evaluation { get; init; }

    /// <summary>Rows a batch; null where it is not known.</summary>
    public double? MeanBatchRows { get; init; }

    /// <summary>From the process's start to the first row.</summary>
    public TimeSpan? FirstRowAfter { get; init; }

    /// <summary>What to type to see the stored results.</summary>
    public required string ResultsCommand { get; init; }

    /// <summary>The lines.</summary>
    public IEnumerable<string> Lines()
    {
        foreach (var complaint in Summary.Complaints)
        {
            yield return complaint;
        }

        if (Summary.FailedRows > 0)
        {
            yield return $"{Count(Summary.FailedRows)} of {Count(Summary.Rows)} rows did not succeed: the column of errors says why";
        }

        yield return Speed();
        foreach (var line in Accuracy())
        {
            yield return line;
        }

        yield return $"output     {Output}";
        yield return $"run        {RunId}";
        yield return $"results    {ResultsCommand}";
    }

    private string Speed()
    {
        var seconds = Summary.Elapsed.TotalSeconds;
        var text = $"scored     {Count(Summary.Rows)} rows in {Number(seconds, "0.00")} s";
        if (seconds > 0)
        {
            text += $", {Count((long)(Summary.Rows / seconds))} rows per second";
        }

        if (MeanBatchRows is { } mean)
        {
            text += $", mean batch {Number(mean, "0.0")} rows";
        }

        return FirstRowAfter is { } first ? $"{text}; first row {Number(first.TotalSeconds, "0.00")} s after the start" : text;
    }

    private IEnumerable<string> Accuracy()
    {
        var isKnownFile = Evaluation is not null && string.Equals(Evaluation.Sha256, Summary.Sha256, StringComparison.OrdinalIgnoreCase);
        return Label is null ? [] : new LabelText(Label, Summary.Labels, Evaluation, isKnownFile).Lines();
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
