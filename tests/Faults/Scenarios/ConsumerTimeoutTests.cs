using Millrace.TestKit;

namespace Millrace.Faults.Scenarios;

/// <summary>The broker closes the channel of a consumer that acks nothing for too long, as workers do whose database is away.</summary>
public sealed class ConsumerTimeoutTests(Servers servers)
{
    // The broker looks for late acks at each tick of a channel. Its own settings are 30 minutes and a minute.
    private const string Shorten = "application:set_env(rabbit, consumer_timeout, 3000), application:set_env(rabbit, channel_tick_interval, 1000).";
    private const string Restore = "application:set_env(rabbit, consumer_timeout, 1800000), application:set_env(rabbit, channel_tick_interval, 60000).";
    private const int LostCalls = 3;

    private static readonly string[] s_workers = ["worker-a", "worker-b"];
    private static readonly int s_rounds = Scale.Of(1, 5);

    [Fact]
    public Task Jobs_wait_for_a_database_that_is_away_for_longer_than_the_broker_waits_for_acks() => Trial.RunAsync(servers, "consumer-timeout", async trial =>
    {
        await servers.Broker.ControlAsync(["eval", Shorten], Trial.Token);
        try
        {
            await trial.StartWorkersAsync();
            await using var load = trial.StartLoad();
            for (var i = 0; i < s_rounds; i++)
            {
                await trial.MoreRowsAsync();
                var before = s_workers.ToDictionary(worker => worker, worker => trial.History.Count(worker, History.LateAck));
                await trial.TakeDatabaseAwayAsync(LostCalls);
                await Trial.UntilAsync(
                    "the broker closes a channel of a worker that holds jobs", () => before.Any(worker => trial.History.Count(worker.Key, History.LateAck) > worker.Value));
                trial.Inject("channels closed for late acks");
                await servers.Database.StartAgainAsync(Trial.Token);
                await trial.WorksAgainAsync("late acks", Limits.Alarm);
            }

            await load.StopAsync();
            await trial.HoldsAsync();
        }
        finally
        {
            // The broker serves other scenarios after this one.
            await servers.Broker.ControlAsync(["eval", Restore], CancellationToken.None);
        }
    });
}
