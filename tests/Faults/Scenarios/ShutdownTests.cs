using Millrace.LocalServices;
using Millrace.TestKit;

namespace Millrace.Faults.Scenarios;

/// <summary>Workers are told to stop (SIGTERM) in the middle of their work.</summary>
public sealed class ShutdownTests(Servers servers)
{
    private const int LostCalls = 3;

    // 25 s is what the worker gives itself; a busy machine adds to the signal's and the exit's way.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(30);
    private static readonly int s_stops = Scale.Of(2, 20);
    private static readonly int s_stopsWithoutDatabase = Scale.Of(1, 5);

    [Fact]
    public Task A_worker_told_to_stop_finishes_what_it_holds() => Trial.RunAsync(servers, "shutdown", async trial =>
    {
        await trial.Site.StartWorkerAsync("steady", Trial.Token);
        await using var load = trial.StartLoad();
        for (var i = 0; i < s_stops; i++)
        {
            var worker = await trial.Site.StartWorkerAsync($"stopped-{i}", Trial.Token);
            await trial.MoreRowsAsync();
            trial.Inject("worker stopped");
            worker.Terminate();
            Assert.Equal(0, await worker.Exited.WaitAsync(s_grace, Trial.Token));
            await trial.WorksAgainAsync("a worker's stop", Limits.Worker);
        }

        await load.StopAsync();
        await trial.HoldsAsync();
    });

    [Fact]
    public Task A_worker_told_to_stop_while_it_starts_ends_well() => Trial.RunAsync(servers, "shutdown-start", async trial =>
    {
        // It waits for the broker for as long as it takes.
        var worker = trial.Site.StartWorker("starting", ("Broker__Uri", $"amqp://127.0.0.1:{FreePorts.Find(1)[0]}"));
        await Trial.UntilAsync("a try to connect", () => trial.History.Has("starting", "A call to the broker"));
        trial.Inject("worker stopped as it starts");
        worker.Terminate();
        Assert.Equal(0, await worker.Exited.WaitAsync(s_grace, Trial.Token));
    });

    [Fact]
    public Task A_worker_told_to_stop_while_the_database_is_away_leaves_every_job_queued() => Trial.RunAsync(servers, "shutdown-postgres-down", async trial =>
    {
        var workers = await trial.StartWorkersAsync("0");
        await using var load = trial.StartLoad();
        for (var i = 0; i < s_stopsWithoutDatabase; i++)
        {
            await trial.MoreRowsAsync();
            await trial.TakeDatabaseAwayAsync(LostCalls, $"{i}");
            trial.Inject("workers stopped without the database");
            foreach (var worker in workers)
            {
                worker.Terminate();
            }

            Assert.All(
                await Task.WhenAll(workers.Select(worker => worker.Exited)).WaitAsync(s_grace, Trial.Token), exitCode => Assert.NotEqual(0, exitCode));
            await servers.Database.StartAgainAsync(Trial.Token);
            workers = await trial.StartWorkersAsync($"{i + 1}");
            await trial.WorksAgainAsync("the database's return", Limits.Database);
        }

        await load.StopAsync();
        await trial.HoldsAsync();
    });
}
