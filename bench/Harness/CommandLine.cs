using System.CommandLine;
using System.Globalization;
using Millrace.Bench.Contenders;
using Millrace.Bench.Measures;
using Millrace.Bench.Workloads;

namespace Millrace.Bench;

/// <summary>The options of the harness.</summary>
internal static class CommandLine
{
    private static readonly string[] s_contenders = [.. ContenderList.All.Select(contender => contender.Name), ContenderList.TwoWorkers.Name];
    private static readonly string[] s_workloads = [.. WorkloadList.All.Select(workload => workload.Name), ResidentMeasure.Name];

    // What is left of the short form's five minutes when its last round is over is for ending the servers and for the report.
    private static readonly TimeSpan s_quickTime = TimeSpan.FromSeconds(295);

    /// <param name="run">What runs with the settings; returns the exit code.</param>
    public static RootCommand Create(Func<Settings, CancellationToken, Task<int>> run)
    {
        var quick = new Option<bool>("--quick") { Description = "The ratios that matter most, within 5 minutes." };
        var contenders = Names("--contenders", s_contenders, "Who takes part.");
        var workloads = Names("--workloads", s_workloads, "What is measured.");
        var rounds = Number("--rounds", "How often each contender has its turn. Default: 5, and of the quick form 3 or as many as its time allows.");
        var inFlight = Number("--in-flight", "Jobs on their way at once, end to end, of the small workloads. Default: 256.");
        var waiting = Number("--waiting", "Jobs in the full queue of 'resident'. Default: 1,000,000, and 100,000 of the quick form.");
        var machine = new Option<string>("--machine")
        {
            Description = "What to call this machine in the results' names.",
            DefaultValueFactory = _ => string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount}-cores"),
        };
        var dry = new Option<bool>("--dry") { Description = "Show the figures, and write none." };
        var root = new RootCommand(
            "Measures Millrace against a floor and a peer on this machine. Writes bench/results and, where nothing was left out, the tables in docs/performance.md.")
        {
            quick, contenders, workloads, rounds, inFlight, waiting, machine, dry,
        };
        root.SetAction((parsed, cancellationToken) =>
        {
            var isQuick = parsed.GetValue(quick);
            return run(
                new Settings
                {
                    IsQuick = isQuick,
                    Contenders = parsed.GetValue(contenders) ?? [],
                    Workloads = parsed.GetValue(workloads) ?? [],
                    Rounds = parsed.GetValue(rounds) ?? (isQuick ? 3 : 5),
                    EndBy = isQuick && parsed.GetValue(rounds) is null ? Began() + s_quickTime : null,
                    InFlight = parsed.GetValue(inFlight) ?? 256,
                    Waiting = parsed.GetValue(waiting) ?? (isQuick ? 100_000 : 1_000_000),
                    Machine = parsed.GetValue(machine)!,
                    Commit = Environment.GetEnvironmentVariable("BENCH_COMMIT"),
                    IsDry = parsed.GetValue(dry),
                },
                cancellationToken);
        });
        return root;
    }

    // Who starts the harness after a build says when that began: the build counts as well.
    private static DateTimeOffset Began() =>
        long.TryParse(Environment.GetEnvironmentVariable("BENCH_BEGAN"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : TimeProvider.System.GetUtcNow();

    private static Option<string[]> Names(string name, string[] known, string description)
    {
        var option = new Option<string[]>(name)
        {
            Description = $"{description} Some of {string.Join(", ", known)}, separated by commas or blanks. Default: those of the form.",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries))],
        };
        option.Validators.Add(result =>
        {
            foreach (var unknown in (result.GetValueOrDefault<string[]>() ?? []).Except(known, StringComparer.Ordinal))
            {
                result.AddError($"{name}: '{unknown}' is none of {string.Join(", ", known)}.");
            }
        });
        return option;
    }

    private static Option<int?> Number(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < 1)
            {
                result.AddError($"{name}: expected 1 or more.");
            }
        });
        return option;
    }
}
