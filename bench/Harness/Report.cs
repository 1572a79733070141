using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Millrace.Bench;

/// <summary>Collects figures; prints their medians and keeps every round.</summary>
internal sealed class Report(BenchOptions options)
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    private readonly List<Figure> _figures = [];

    public void Add(string workload, string measure, IEnumerable<double> rounds) => _figures.Add(new Figure(workload, measure, [.. rounds]));

    public string ToTable()
    {
        var table = new StringBuilder();
        table.AppendLine(CultureInfo.InvariantCulture, $"| {"workload",-32} | {"measure",-32} | {"median",10} | {"lowest",10} | {"highest",10} |");
        table.AppendLine($"|{new string('-', 34)}|{new string('-', 34)}|{new string('-', 11)}:|{new string('-', 11)}:|{new string('-', 11)}:|");
        foreach (var figure in _figures)
        {
            table.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {figure.Workload,-32} | {figure.Measure,-32} | {figure.Median,10:0.##} | {figure.Rounds.Min(),10:0.##} | {figure.Rounds.Max(),10:0.##} |");
        }

        return table.ToString();
    }

    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (options.ResultsFile is null)
        {
            return;
        }

        var content = new
        {
            Date = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            Machine = $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSArchitecture}, {RuntimeInformation.OSDescription}",
            Runtime = RuntimeInformation.FrameworkDescription,
            options.Rounds,
            options.Jobs,
            Figures = _figures,
        };
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.ResultsFile))!);
        await using var file = File.Create(options.ResultsFile);
        await JsonSerializer.SerializeAsync(file, content, s_json, cancellationToken);
    }

    private sealed record Figure(string Workload, string Measure, double[] Rounds)
    {
        public double Median { get; } = Rounds.Order().ElementAt(Rounds.Length / 2);
    }
}
