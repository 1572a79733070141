using Millrace.LocalServices;

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

    [Fact]
    public Task A_database_that_crashes_in_the_middle_of_commits_loses_no_job() => Trial.RunAsync(servers, "postgres-restart", async trial =>
    {
        await trial.StartWorkersAsync();
        await using var load = trial.StartLoad();
        for (var i = 0; i < s_restarts; i++)
        {
            await trial.MoreRowsAsync();
            trial.History.Add("nemesis", "crashes the database");
            await servers.Database.StopAsync(PostgresStop.Immediate);
            await servers.Database.StartAgainAsync(Trial.Token);
            await trial.WorksAgainAsync("the database's crash");
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
            await trial.TakeDatabaseAwayAsync(LostCalls);
            if (Scale.IsFull)
            {
                // The fault itself: an outage of a minute.
                await Task.Delay(TimeSpan.FromMinutes(1), Trial.Token);
            }

            await servers.Database.StartAgainAsync(Trial.Token);
            await trial.WorksAgainAsync("the database's return");
        }

        await load.StopAsync();
        await trial.HoldsAsync();
    });

    [Fact]
    public Task Refused_commits_are_tried_again_until_they_hold() => Trial.RunAsync(servers, "postgres-refusals", async trial =>
    {
        await trial.StartWorkersAsync();
        await trial.Site.Database.RefuseAsync(0.3, Trial.Token);
        await trial.PublishAsync(s_refusedJobs);
        await trial.HoldsAsync();
        Assert.True(trial.History.Has("worker-a", "A call to the store") || trial.History.Has("worker-b", "A call to the store"));
    });

    [Fact]
    public Task Slow_commits_hold_up_jobs_and_lose_none() => Trial.RunAsync(servers, "postgres-slow", async trial =>
    {
        await trial.StartWorkersAsync();
        await trial.Site.Database.SlowDownAsync(0.5, s_slowness, Trial.Token);
        await trial.PublishAsync(s_slowJobs);
        await trial.HoldsAsync();
    });
}
