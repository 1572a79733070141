using System.Globalization;
using System.Text.Json;
using System.Text.Encodings.Web;

namespace Millrace.Bench.Reporting;

/// <summary>The raw figures of a run, with every round.</summary>
internal static class ResultsFile
{
    /// <summary>How figures are written, here and by the other programs of the folder.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // A file for people: "µs" and "÷" as they are.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A name that no file in the folder begins with: date, machine, and a number from the second run of the day on.</summary>
    public static string NewName(string folder, DateTimeOffset date, string machine)
    {
        var name = $"{date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}-{machine}";
        var free = name;
        for (var i = 2; File.Exists(Path.Combine(folder, free + ".json")); i++)
        {
            free = $"{name}-{i.ToString(CultureInfo.InvariantCulture)}";
        }

        return free;
    }

    public static string ToJson(Settings settings, Figures figures, DateTimeOffset date)
    {
        var content = new
        {
            Date = date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            settings.Commit,
            Machine = Machine.This,
            settings.Form,
            Rounds = figures.RoundCount,
            settings.InFlight,
            Goals = Verdict.Of(figures).Select(verdict => new
            {
                verdict.Goal.Title,
                verdict.Goal.Unit,
                verdict.Goal.AtLeast,
                verdict.Goal.AtMost,
                verdict.Spread.Median,
                verdict.IsReached,
                verdict.Rounds,
            }),
            Figures = figures.Keys.Select(key => new
            {
                key.Workload,
                key.Measure,
                key.Quantity,
                key.Contender,
                Median = figures.Median(key),
                Rounds = figures.Rounds(key).Values,
            }),
        };
        return JsonSerializer.Serialize(content, Json);
    }
}
