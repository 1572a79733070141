using System.Globalization;
using System.Text.Json;

namespace Millrace.Faults;

/// <summary>What one trial was: how much of every fault, the figures that have a limit, and what the checker said.</summary>
internal sealed class Summary
{
    /// <summary>The table of all summaries that there are, in Markdown.</summary>
    public const string TableName = "table.md";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    public required string Scenario { get; init; }

    public required int Seed { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public DateTimeOffset Date { get; set; }

    /// <summary>How long it took.</summary>
    public double Seconds { get; set; }

    public int Jobs { get; set; }

    public int Violations { get; set; }

    /// <summary>Whether it failed, for violations or for anything else.</summary>
    public bool Failed { get; set; }

    /// <summary>How often each fault was injected.</summary>
    public SortedDictionary<string, int> Faults { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The figures that have a limit.</summary>
    public SortedDictionary<string, Figure> Figures { get; init; } = new(StringComparer.Ordinal);

    public void Count(string fault, int times = 1) => Faults[fault] = Faults.GetValueOrDefault(fault) + times;

    /// <summary>Writes it under a folder, and the table of all that are there.</summary>
    public void Save(string folder)
    {
        File.WriteAllText(Path.Combine(folder, $"{Scenario}.json"), JsonSerializer.Serialize(this, s_json));
        var all = Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(file => JsonSerializer.Deserialize<Summary>(File.ReadAllText(file))!);
        File.WriteAllLines(Path.Combine(folder, TableName), ToTable(all));
    }

    /// <summary>The table's lines, in Markdown.</summary>
    public static IEnumerable<string> ToTable(IEnumerable<Summary> summaries) =>
    [
        "| scenario | faults | jobs | violations | worst figures (limit) | minutes | seed | date (UTC) |",
        "|---|---|---|---|---|---|---|---|",
        .. summaries.Select(summary => string.Create(
            CultureInfo.InvariantCulture,
            $"| {summary.Scenario} | {Join(summary.Faults, fault => $"{fault.Key}: {fault.Value:N0}")} | {summary.Jobs:N0} | {summary.Violations}{(summary.Failed ? ", failed" : "")} | {Join(summary.Figures, figure => $"{figure.Key}: {figure.Value}")} | {summary.Seconds / 60:0.0} | {summary.Seed} | {summary.Date:yyyy-MM-dd HH:mm} |")),
    ];

    private static string Join<T>(IEnumerable<T> values, Func<T, string> text) => string.Join("; ", values.Select(text));
}
