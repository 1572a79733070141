namespace Millrace.Faults.Scenarios;

/// <summary>
/// A database that runs and takes no connections, for every reason there is. It says nothing about any job: each is waited out, for longer than
/// the delivery limit and the hundred tries of the dead letters would last if jobs went back for it.
/// </summary>
public sealed class ConnectingTests(Servers servers)
{
    private static readonly int s_rounds = Scale.Of(1, 5);
    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(20);

    // Lines of lost calls from each worker, a second apart at least: a hundred tries without a wait are over within the second.
    private const int LostCalls = 3;

    [Fact]
    public Task However_connections_are_refused_jobs_wait() => Trial.RunAsync(servers, "connecting", async trial =>
    {
        using var closings = new Closings(trial.Site);
        await closings.PrepareAsync(Trial.Token);
        try
        {
            string[] workers = ["worker-a", "worker-b"];
            await trial.StartWorkersAsync("", ("Store__ConnectionString", closings.WorkersStore));
            await using var load = trial.StartLoad();
            for (var i = 0; i < s_rounds; i++)
            {
                foreach (var closing in closings.All())
                {
                    await trial.MoreRowsAsync();
                    var before = workers.ToDictionary(worker => worker, worker => trial.History.Count(worker, History.LostCall));
                    trial.Inject(closing.Name);
                    await closing.BeginAsync(Trial.Token);
                    await closings.CutAsync(Trial.Token);
                    await Trial.UntilAsync(
                        $"both workers miss the database: {closing.Name}",
                        () => workers.All(worker => trial.History.Count(worker, History.LostCall) >= before[worker] + LostCalls));
                    if (Scale.IsFull)
                    {
                        // The fault itself: an outage of some length.
                        await Task.Delay(s_length, Trial.Token);
                    }

                    await closing.EndAsync(Trial.Token);
                    await trial.WorksAgainAsync(closing.Name, Limits.Database);
                }
            }

            await load.StopAsync();
            await trial.HoldsAsync();
        }
        finally
        {
            await closings.RestoreAsync(CancellationToken.None);
        }
    });
}
