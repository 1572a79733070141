namespace Millrace.Faults.Scenarios;

/// <summary>The workers' clock is set an hour ahead, and back.</summary>
public sealed class ClockTests(Servers servers)
{
    private const int Jobs = 300;

    private static readonly TimeSpan s_jump = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(2);
    private static readonly int s_rounds = Scale.Of(1, 2);

    [Fact]
    public async Task Only_jobs_whose_deadline_the_clock_has_passed_expire()
    {
        using var clock = FakeClock.Create();
        await Trial.RunAsync(servers, "clock", async trial =>
        {
            foreach (var worker in await trial.StartWorkersAsync("", [.. clock.Settings, ("Broker__Heartbeat", s_heartbeat.ToString())]))
            {
                clock.CleanUpAfter(worker);
            }

            await using var load = trial.StartLoad(() => trial.Ledger.Add(trial.Client.ReplyQueue, deadline: Deadline(trial)));
            await trial.MoreRowsAsync();
            await trial.WorksAgainAsync("the start", Limits.Worker);
            var connections = trial.Site.BrokerWay.Taken;
            var batch = await HeartbeatsAsync(trial);
            for (var i = 0; i < s_rounds; i++)
            {
                trial.Inject("clock an hour ahead");
                clock.Set(s_jump);
                await trial.WorksAgainAsync("the clock's jump ahead", Limits.Alarm);
                // These say that the workers' clock has jumped indeed. The load's deadlines are a day ahead, or none.
                await trial.PublishAsync(Jobs, _ => trial.Ledger.Add(
                    trial.Client.ReplyQueue, kind: JobKind.Late, deadline: TimeProvider.System.GetUtcNow() + s_jump / 2));
                var ahead = await HeartbeatsAsync(trial);

                trial.Inject("clock an hour back");
                clock.Set(TimeSpan.Zero);
                await trial.WorksAgainAsync("the clock's jump back", Limits.Alarm);
                await trial.PublishAsync(Jobs, _ => trial.Ledger.Add(
                    trial.Client.ReplyQueue, deadline: TimeProvider.System.GetUtcNow() + s_jump / 2));
                var back = await HeartbeatsAsync(trial);
                trial.Hold("batches after a jump of the clock", Math.Min(ahead, back) / batch, Limits.Batch, "of those before", atLeast: true);
            }

            await load.StopAsync();
            Assert.Equal(connections, trial.Site.BrokerWay.Taken);
            await trial.HoldsAsync();
        });
    }

    private static DateTimeOffset? Deadline(Trial trial) => trial.Ledger.Count % 2 == 0 ? TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(1) : null;

    /// <summary>Waits for as long as a connection lives that hears no heartbeat: one that is lost to a jump is lost by then.</summary>
    /// <returns>Rows in a batch, of the load that came meanwhile.</returns>
    private static async Task<double> HeartbeatsAsync(Trial trial)
    {
        await Task.Delay(2 * s_heartbeat, Trial.Token);
        return await trial.Site.Database.ReadMeanBatchAsync(Trial.Token);
    }
}
