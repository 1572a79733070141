namespace Millrace.Faults.Scenarios;

/// <summary>The network between the workers and their servers fails.</summary>
public sealed class ConnectionTests(Servers servers)
{
    private static readonly int s_resets = Scale.Of(4, 100);
    private static readonly int s_stalls = Scale.Of(1, 10);

    [Fact]
    public Task Reset_connections_lose_no_job() => Trial.RunAsync(servers, "resets", async trial =>
    {
        await trial.StartWorkersAsync();
        await using var load = trial.StartLoad();
        for (var i = 0; i < s_resets; i++)
        {
            await trial.MoreRowsAsync();
            trial.History.Add("nemesis", "resets the connections to the broker");
            trial.Site.BrokerWay.Reset();
            await trial.WorksAgainAsync("a reset to the broker");
            await trial.MoreRowsAsync();
            trial.History.Add("nemesis", "resets the connections to the database");
            trial.Site.DatabaseWay.Reset();
            await trial.WorksAgainAsync("a reset to the database");
        }

        await load.StopAsync();
        await trial.HoldsAsync();
    });

    [Fact]
    public Task Half_open_connections_to_the_broker_are_noticed() => Trial.RunAsync(servers, "stalls", async trial =>
    {
        var workers = await trial.StartWorkersAsync("", ("Broker__Heartbeat", "00:00:02"));
        await using var load = trial.StartLoad();
        await trial.MoreRowsAsync();
        var memory = workers.Sum(worker => worker.ResidentBytes);
        for (var i = 0; i < s_stalls; i++)
        {
            await trial.MoreRowsAsync();
            trial.History.Add("nemesis", "stalls the connections to the broker");
            trial.Site.BrokerWay.Stall();
            await trial.WorksAgainAsync("a stall");
        }

        trial.History.Add("trial", $"resident {memory >> 20} MiB before, {workers.Sum(worker => worker.ResidentBytes) >> 20} MiB after");
        await load.StopAsync();
        await trial.HoldsAsync();
    });
}
