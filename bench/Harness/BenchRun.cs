using Millrace.Bench.Contenders;
using Millrace.Bench.Measures;
using Millrace.Bench.Reporting;
using Millrace.Bench.Workloads;

namespace Millrace.Bench;

/// <summary>
/// Gives every contender its turn in every round, A B C A B C, one at a time on the same servers. A turn is a fresh process of the
/// contender, warmed up, at all workloads of one model. A round has all models: whoever stops the run has whole rounds.
/// </summary>
/// <param name="settings">What to measure.</param>
/// <param name="contenders">Those that can take part.</param>
internal sealed class BenchRun(Settings settings, IReadOnlyList<Contender> contenders)
{
    private readonly IReadOnlyList<IGrouping<ServedModels, Workload>> _groups =
        [.. WorkloadList.All.Where(workload => IsChosen(settings, workload)).GroupBy(workload => workload.Served)];

    public Figures Figures { get; } = new();

    /// <summary>How many steps it tells of.</summary>
    public int Steps => (settings.Rounds * _groups.Sum(group => TakingPart(group).Count())) + (IsResidentChosen ? 1 : 0);

    private bool IsResidentChosen =>
        settings.Workloads.Count == 0 ? !settings.IsQuick : settings.Workloads.Contains(ResidentMeasure.Name, StringComparer.Ordinal);

    /// <summary>Measures everything.</summary>
    /// <param name="site">The servers.</param>
    /// <param name="tell">Gets what is going on.</param>
    /// <param name="step">Called after each step.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BenchException">A contender lost work, repeated it or did not come up: no figure of the run is worth anything.</exception>
    public async Task ExecuteAsync(Site site, Action<string> tell, Action step, CancellationToken cancellationToken)
    {
        foreach (var group in _groups)
        {
            await site.DeclareAsync(group.Key, cancellationToken);
        }

        var clock = new RoundClock(settings.Rounds, settings.EndBy, TimeProvider.System);
        while (clock.TryBegin())
        {
            Figures.RoundCount = clock.Round;
            foreach (var group in _groups)
            {
                await TakeRoundAsync(site, group, clock.Round, tell, step, cancellationToken);
            }
        }

        if (clock.Round < settings.Rounds)
        {
            tell($"no time for another round: {clock.Round} of {settings.Rounds}");
        }

        if (IsResidentChosen)
        {
            await ResidentMeasure.RunAsync(site, settings, Figures, tell, cancellationToken);
            step();
        }
    }

    private static bool IsChosen(Settings settings, Workload workload) =>
        settings.Workloads.Count == 0 ? !settings.IsQuick || workload.QuickMeasures.Count > 0 : settings.Workloads.Contains(workload.Name, StringComparer.Ordinal);

    private IEnumerable<Contender> TakingPart(IEnumerable<Workload> group)
    {
        var able = group.SelectMany(workload => workload.Contenders).Select(contender => contender.Name).ToHashSet(StringComparer.Ordinal);
        return contenders.Where(contender => able.Contains(contender.Name));
    }

    private async Task TakeRoundAsync(
        Site site, IGrouping<ServedModels, Workload> group, int round, Action<string> tell, Action step, CancellationToken cancellationToken)
    {
        foreach (var contender in TakingPart(group))
        {
            await TakeTurnAsync(site, group, contender, round, tell, cancellationToken);
            step();
        }

        if (group.Contains(WorkloadList.Conv))
        {
            MeasureBare(BareLoop.One, 1, round, tell);
            MeasureBare(BareLoop.Two, 2, round, tell);
        }
    }

    private void MeasureBare(string name, int loops, int round, Action<string> tell)
    {
        tell($"round {round} of {settings.Rounds} · {name} · {WorkloadList.Conv.Name}");
        var key = new FigureKey(WorkloadList.Conv.Name, EndToEndMeasure.MeasureName, Quantity.Jobs, name);
        Figures.Add(key, round, BareLoop.RowsPerSecond(WorkloadList.Conv.Model, loops));
    }

    private async Task TakeTurnAsync(
        Site site, IGrouping<ServedModels, Workload> group, Contender contender, int round, Action<string> tell, CancellationToken cancellationToken)
    {
        var title = $"round {round} of {settings.Rounds} · {contender.Name}";
        tell($"{title} · {group.Key} · starts");
        await site.CleanAsync(contender.Table, group.Key, cancellationToken);
        await using var running = await RunningContender.StartAsync(contender, site, group.Key, cancellationToken);
        foreach (var workload in group.Where(workload => workload.Contenders.Any(able => able.Name == contender.Name)))
        {
            var turn = new Turn(site, running, workload, settings, Figures, round);
            tell($"{title} · {workload.Name} · warms up");
            await WarmUp.RunAsync(turn, cancellationToken);
            foreach (var measure in settings.IsQuick && workload.QuickMeasures.Count > 0 ? workload.QuickMeasures : workload.Measures)
            {
                tell($"{title} · {workload.Name} · {measure.Name}");
                var jobs = await measure.RunAsync(turn, cancellationToken);
                await site.VerifyAsync(contender.Table, group.Key, jobs, cancellationToken);
                await site.CleanAsync(contender.Table, group.Key, cancellationToken);
            }
        }
    }
}
