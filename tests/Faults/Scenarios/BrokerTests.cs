using Millrace.TestKit;

namespace Millrace.Faults.Scenarios;

/// <summary>The broker goes away and comes back; publishes that it did not confirm are repeated with the same id.</summary>
public sealed class BrokerTests(Servers servers)
{
    private static readonly int s_rounds = Scale.Of(1, 20);

    [Fact]
    public Task A_broker_that_stops_or_is_killed_loses_no_job() => Trial.RunAsync(servers, "broker", async trial =>
    {
        await trial.StartWorkersAsync();
        await using var load = trial.StartLoad();
        for (var i = 0; i < s_rounds; i++)
        {
            // In this order: a queue as young as ours survives a kill only once the broker was stopped in order (RabbitMqStops.KillAsync).
            await trial.MoreRowsAsync();
            trial.Inject("broker stopped");
            await servers.Broker.StopAsync();
            await servers.Broker.StartAgainAsync(Trial.Token);
            await trial.WorksAgainAsync("the broker's return", Limits.Broker);

            await trial.MoreRowsAsync();
            trial.Inject("broker killed");
            await servers.Broker.KillAsync();
            await servers.Broker.StartAgainAsync(Trial.Token);
            await trial.WorksAgainAsync("the broker's return", Limits.Broker);
        }

        await load.StopAsync();
        await trial.HoldsAsync();
    });
}
