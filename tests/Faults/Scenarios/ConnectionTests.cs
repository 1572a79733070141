using Millrace.TestKit;

namespace Millrace.Faults.Scenarios;

/// <summary>The network between the workers and their servers fails.</summary>
public sealed class ConnectionTests(Servers servers)
{
    private static readonly int s_resets = Scale.Of(4, 100);
    private static readonly int s_stalls = Scale.Of(1, 10);
    private static readonly int s_rowsBefore = Scale.Of(1, 20_000);
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(2);

    [Fact]
    public Task Reset_connections_lose_no_job() => Trial.RunAsync(servers, "resets", async trial =>
    {
        await trial.StartWorkersAsync();
        await using var load = trial.StartLoad();
        for (var i = 0; i < s_resets; i++)
        {
            await trial.MoreRowsAsync();
            trial.Inject("connections to the broker reset");
            trial.Site.BrokerWay.Reset();
            await trial.WorksAgainAsync("a reset to the broker", Limits.Broker);
            await trial.MoreRowsAsync();
            trial.Inject("connections to the database reset");
            trial.Site.DatabaseWay.Reset();
            await trial.WorksAgainAsync("a reset to the database", Limits.Database);
        }

        await load.StopAsync();
        await trial.HoldsAsync();
    });

    [Fact]
    public Task Half_open_connections_to_the_broker_are_noticed() => Trial.RunAsync(servers, "stalls", async trial =>
    {
        var workers = await trial.StartWorkersAsync("", ("Broker__Heartbeat", s_heartbeat.ToString()));
        await using var load = trial.StartLoad();
        // A worker's memory grows for as long as it is new.
        await Trial.UntilAsync("rows of workers that are no longer new", async () => await trial.Site.Database.CountAsync(Trial.Token) >= s_rowsBefore);
        var before = workers.Sum(worker => worker.ResidentBytes());
        for (var i = 0; i < s_stalls; i++)
        {
            await trial.MoreRowsAsync();
            trial.Inject("connections to the broker stalled");
            trial.Site.BrokerWay.Stall();
            await trial.WorksAgainAsync("a stall", Limits.Stall(s_heartbeat));
            trial.Hold("memory after a stall", (double)workers.Sum(worker => worker.ResidentBytes()) / before, 1 + Limits.Growth, "of that before");
        }

        await load.StopAsync();
        await trial.HoldsAsync();
    });
}
