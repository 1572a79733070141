using System.Globalization;
using System.Text;

namespace Millrace.Bench.Reporting;

/// <summary>A run as the page shows it.</summary>
internal static class Markdown
{
    /// <param name="settings">The run's settings.</param>
    /// <param name="figures">The run's figures.</param>
    /// <param name="date">When it was.</param>
    /// <param name="name">What its files in bench/results are called.</param>
    public static string Write(Settings settings, Figures figures, DateTimeOffset date, string name)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{date:yyyy-MM-dd}, {settings.Form} form, {figures.RoundCount} rounds, {Machine.This}.");
        text.AppendLine("Medians of the rounds; lowest and highest in parentheses; a ratio is the median of the rounds' own ratios.");
        text.AppendLine(CultureInfo.InvariantCulture, $"Every round: [bench/results/{name}.json](../bench/results/{name}.json).");
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"![Jobs per second by workload and contender](../bench/results/{name}.svg)");
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"![CPU time of a job by process](../bench/results/{name}-cpu.svg)");
        WriteVerdicts(text, Verdict.Of(figures));
        foreach (var table in FigureTable.Of(figures))
        {
            WriteTable(text, table);
        }

        return text.ToString();
    }

    private static void WriteVerdicts(StringBuilder text, IReadOnlyList<Verdict> verdicts)
    {
        if (verdicts.Count == 0)
        {
            return;
        }

        text.AppendLine().AppendLine("| measure | goal | found | |").AppendLine("|---|--:|--:|---|");
        foreach (var verdict in verdicts)
        {
            var reached = verdict.IsReached switch { true => "reached", false => "**not reached**", null => "" };
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {verdict.Goal.Title} | {verdict.Limit} | {verdict.Text(verdict.Spread.Median)} ({Number.Text(verdict.Spread.Lowest)} to {Number.Text(verdict.Spread.Highest)}) | {reached} |");
        }
    }

    private static void WriteTable(StringBuilder text, FigureTable table)
    {
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"| {table.Title} | {string.Join(" | ", table.Columns)} |");
        text.AppendLine(CultureInfo.InvariantCulture, $"|---|{string.Concat(table.Columns.Select(_ => "--:|"))}");
        foreach (var (name, cells) in table.Lines)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", cells)} |");
        }
    }
}
