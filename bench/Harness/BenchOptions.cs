using System.Globalization;

namespace Millrace.Bench;

/// <summary>What to measure, and for how long.</summary>
internal sealed record BenchOptions
{
    public const string Usage = """
        usage: bench [served] [idle] [memory] [--rounds N] [--jobs N] [--in-flight N] [--memory-jobs N] [--results FILE]

          served   jobs per second end to end: publish, row committed, reply read; one row a job
          idle     one job at a time: publish to reply
          memory   resident memory of the worker over many jobs

        Without a name, all three. Results are printed and, with --results, written as JSON.
        """;

    public int Rounds { get; init; } = 5;

    public int Jobs { get; init; } = 30_000;

    public int InFlight { get; init; } = 256;

    public int MemoryJobs { get; init; } = 500_000;

    public string? ResultsFile { get; init; }

    public IReadOnlyList<IMeasure> Measures { get; init; } = [];

    public static BenchOptions? Parse(string[] args)
    {
        var options = new BenchOptions();
        var names = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                names.Add(args[i]);
                continue;
            }

            if (++i == args.Length)
            {
                return null;
            }

            var isNumber = int.TryParse(args[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;
            options = (args[i - 1], isNumber) switch
            {
                ("--rounds", true) => options with { Rounds = number },
                ("--jobs", true) => options with { Jobs = number },
                ("--in-flight", true) => options with { InFlight = number },
                ("--memory-jobs", true) => options with { MemoryJobs = number },
                ("--results", _) => options with { ResultsFile = args[i] },
                _ => null,
            };
            if (options is null)
            {
                return null;
            }
        }

        IMeasure[] all = [new ServedMeasure(), new IdleMeasure(), new MemoryMeasure()];
        var chosen = names.Count == 0 ? all : [.. all.Where(measure => names.Contains(measure.Name))];
        return names.TrueForAll(name => all.Any(measure => measure.Name == name)) ? options with { Measures = chosen } : null;
    }
}
