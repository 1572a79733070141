using System.Diagnostics;
using Millrace.TestKit;

namespace Millrace.Faults.Scenarios;

/// <summary>The database goes away, comes back, refuses commits and takes its time.</summary>
public sealed class PostgresTests(Servers servers)
{
    private static readonly int s_restarts = Scale.Of(3, 200);
    private static readonly int s_outages = Scale.Of(1, 5);
    private static readonly int s_refusedJobs = Scale.Of(2_000, 20_000);
    private static readonly int s_slowJobs = Scale.Of(500, 20_000);
    private static readonly TimeSpan s_slowness = Scale.IsFull ? TimeSpan.FromSeconds(2) : TimeSpan.FromMilliseconds(200);

    // Calls that each worker must have lost before the database returns: its window is full then, or filling.
    private const int LostCalls = 5;

    // Restarts between two looks at the rate.
    private const int RateEvery = 20;

    [Fact]
    public Task A_database_that_crashes_in_the_middle_of_commits_loses_no_job() => Trial.RunAsync(servers, "postgres-restart", async trial =>
    {
        await trial.StartWorkersAsync();
        await using var load = trial.StartLoad();
        for (var i = 0; i < s_restarts; i++)
        {
            await trial.MoreRowsAsync();
            // Takes some seconds, so not every time.
            var rate = i % RateEvery == 0 ? await trial.MeasureRateAsync() : 0;
            trial.Inject("database killed at work");
            await servers.Database.StopAsync(PostgresStop.Immediate);
            await servers.Database.StartAgainAsync(Trial.Token);
            var back = Stopwatch.GetTimestamp();
            await trial.WorksAgainAsync("the database's return", Limits.Database);
            await trial.RateReturnsAsync("the database's return", rate, back, Limits.Database);
        }

        await load.StopAsync();
        await trial.HoldsAsync();
    });

    [Fact]
    public Task While_the_database_is_away_jobs_wait() => Trial.RunAsync(servers, "postgres-down", async trial =>
    {
        await trial.StartWorkersAsync();
        await using var load = trial.StartLoad();
        for (var i = 0; i < s_outages; i++)
        {
            await trial.MoreRowsAsync();
            var rate = await trial.MeasureRateAsync();
            await trial.TakeDatabaseAwayAsync(LostCalls);
            if (Scale.IsFull)
            {
                // The fault itself: an outage of a minute.
                await Task.Delay(TimeSpan.FromMinutes(1), Trial.Token);
            }

            await servers.Database.StartAgainAsync(Trial.Token);
            var back = Stopwatch.GetTimestamp();
            await trial.WorksAgainAsync("the database's return", Limits.Database);
            await trial.RateReturnsAsync("the database's return", rate, back, Limits.Database);
        }

        await load.StopAsync();
        await trial.HoldsAsync();
    });

    [Fact]
    public async Task Where_its_disk_is_full_jobs_wait()
    {
        await using var space = await SmallTablespace.CreateAsync(servers, Trial.Token);
        await Trial.RunAsync(
            servers,
            "postgres-disk-full",
            async trial =>
            {
                string[] workers = ["worker-a", "worker-b"];
                await trial.StartWorkersAsync();
                await using var load = trial.StartLoad();
                await trial.MoreRowsAsync();
                var rate = await trial.MeasureRateAsync();
                trial.Inject("database's disk full");
                space.Disk.Fill();
                await Trial.UntilAsync(
                    "both workers miss the room",
                    () => Array.TrueForAll(workers, worker => trial.History.Count(worker, History.LostCall) >= LostCalls));
                Assert.All(workers, worker => Assert.True(trial.History.Has(worker, "53100")));
                space.Disk.Free();
                var back = Stopwatch.GetTimestamp();
                await trial.WorksAgainAsync("room on the database's disk", Limits.Database);
                await trial.RateReturnsAsync("room on the database's disk", rate, back, Limits.Database);
                await load.StopAsync();
                await trial.HoldsAsync();
            },
            space.Name);
    }

    [Fact]
    public Task Refused_commits_are_tried_again_until_they_hold() => Trial.RunAsync(servers, "postgres-refusals", async trial =>
    {
        await trial.StartWorkersAsync();
        trial.Summary.Count("jobs with 30 % of the commits refused", s_refusedJobs);
        await trial.Site.Database.RefuseAsync(0.3, Trial.Token);
        await trial.PublishAsync(s_refusedJobs);
        await trial.HoldsAsync();
        Assert.True(trial.History.Count("worker-a", History.LostCall) + trial.History.Count("worker-b", History.LostCall) > 0);
    });

    [Fact]
    public Task Slow_commits_hold_up_jobs_and_lose_none() => Trial.RunAsync(servers, "postgres-slow", async trial =>
    {
        await trial.StartWorkersAsync();
        trial.Summary.Count("jobs with slow commits", s_slowJobs);
        await trial.Site.Database.SlowDownAsync(0.5, s_slowness, Trial.Token);
        await trial.PublishAsync(s_slowJobs);
        await trial.HoldsAsync();
    });
}
