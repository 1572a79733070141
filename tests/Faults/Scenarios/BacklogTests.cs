namespace Millrace.Faults.Scenarios;

/// <summary>A long queue waits for the workers: they take no more of it than their prefetch.</summary>
public sealed class BacklogTests(Servers servers)
{
    private const int Prefetch = 64;

    private static readonly int s_jobs = Scale.Of(20_000, 1_000_000);

    [Fact]
    public Task A_backlog_is_taken_in_by_the_prefetch() => Trial.RunAsync(servers, "backlog", async trial =>
    {
        await trial.StartWorkersAsync("declares");
        await trial.Site.StopWorkersAsync(Trial.Token);
        await trial.PublishAsync(s_jobs);
        var workers = await trial.StartWorkersAsync("", ("Broker__Prefetch", $"{Prefetch}"));
        var most = 0L;
        await trial.SettleAsync(async () =>
        {
            var unacked = await trial.Site.CountUnackedAsync(Trial.Token);
            most = Math.Max(most, unacked);
            trial.History.Add("trial", $"{unacked} unacked, {workers.Sum(worker => worker.ResidentBytes) >> 20} MiB resident");
        });
        Assert.InRange(most, 0, workers.Count * Prefetch);
        await trial.HoldsAsync();
    });
}
