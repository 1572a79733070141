using Millrace.Bench.Load;

namespace Millrace.Bench;

/// <summary>End to end under load: publish, row committed, reply read; one row a job, in both forms of the protocol.</summary>
internal sealed class ServedMeasure : IMeasure
{
    public string Name => "served";

    public async Task RunAsync(Site site, Report report, CancellationToken cancellationToken)
    {
        await RoundAsync(site, site.Options.Jobs / 3, site.Options.InFlight, binary: true, cancellationToken);
        foreach (var inFlight in new[] { 64, site.Options.InFlight }.Distinct())
        {
            foreach (var binary in new[] { true, false })
            {
                var rounds = new List<Round>();
                for (var i = 0; i < site.Options.Rounds; i++)
                {
                    rounds.Add(await RoundAsync(site, site.Options.Jobs, inFlight, binary, cancellationToken));
                }

                var name = $"served, {(binary ? "binary" : "JSON")}, {inFlight} in flight";
                report.Add(name, "jobs/s", rounds.Select(round => round.Load.JobsPerSecond));
                report.Add(name, "mean batch, rows", rounds.Select(round => round.MeanBatch));
                report.Add(name, "CPU of the worker, µs/job", rounds.Select(round => round.Cpu.Worker));
                report.Add(name, "CPU of the broker, µs/job", rounds.Select(round => round.Cpu.Broker));
                report.Add(name, "CPU of Postgres, µs/job", rounds.Select(round => round.Cpu.Store));
                report.Add(name, "CPU of the load client, µs/job", rounds.Select(round => round.Cpu.Load));
                report.Add(name, "p50 under load, ms", rounds.Select(round => round.Load.P50Milliseconds));
                report.Add(name, "p99 under load, ms", rounds.Select(round => round.Load.P99Milliseconds));
            }
        }
    }

    private static async Task<Round> RoundAsync(Site site, int jobs, int inFlight, bool binary, CancellationToken cancellationToken)
    {
        var since = await site.NowAsync(cancellationToken);
        var cpu = site.ProcessorTime;
        await using var client = await LoadClient.ConnectAsync(site.Broker, jobs, inFlight);
        var load = await client.RunAsync(JobTemplate.Digits(rows: 1, binary), cancellationToken);
        var used = site.ProcessorTime.PerJobSince(cpu, jobs);
        var (rows, meanBatch) = await site.ReadRowsAsync(since, cancellationToken);
        return rows == jobs && load.NotSucceeded == 0
            ? new Round(load, meanBatch, used)
            : throw new InvalidOperationException($"{jobs} jobs were replied to, {load.NotSucceeded} without success; the store has {rows} rows.");
    }

    private sealed record Round(LoadResult Load, double MeanBatch, ProcessorSeconds Cpu);
}
