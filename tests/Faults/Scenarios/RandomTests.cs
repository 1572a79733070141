using System.Diagnostics;
using Millrace.LocalServices;
using Millrace.TestKit;

namespace Millrace.Faults.Scenarios;

/// <summary>Faults of all kinds at random, one behind the other, on two workers at work.</summary>
public sealed class RandomTests(Servers servers)
{
    private const int ShortFaults = 6;

    private static readonly TimeSpan s_fullDuration = TimeSpan.FromMinutes(3);

    // As DisturbAsync knows them.
    private static readonly string[] s_faults =
    [
        "worker killed", "worker stopped", "broker stopped or killed", "database stopped or killed", "connections to the broker reset",
        "connections to the broker stalled", "connections to the database reset", "commits refused, or no longer",
    ];

    // Any of them may come upon the one before; a stall, with the heartbeat that workers have here, takes longest.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    public static TheoryData<int> Trials => [.. Enumerable.Range(0, Scale.Of(1, 10))];

    [Theory]
    [MemberData(nameof(Trials))]
    public Task Any_faults_in_any_order_lose_no_job(int number) => Trial.RunAsync(servers, $"random-{number}", async trial =>
    {
        var workers = new LocalWorker[2];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = await trial.Site.StartWorkerAsync($"worker-{i}", Trial.Token);
        }

        // A queue as young as ours survives a kill only once the broker was stopped in order (RabbitMqStops.KillAsync).
        await RestartBrokerAsync(trial, kill: false);
        await using var load = trial.StartLoad();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; Scale.IsFull ? Stopwatch.GetElapsedTime(start) < s_fullDuration : i < ShortFaults; i++)
        {
            await trial.MoreRowsAsync();
            await DisturbAsync(trial, workers, i);
        }

        await trial.Site.Database.RefuseAsync(0, Trial.Token);
        await load.StopAsync();
        await trial.HoldsAsync();
    });

    private async Task DisturbAsync(Trial trial, LocalWorker[] workers, int number)
    {
        var victim = trial.Random.Next(workers.Length);
        var fault = trial.Random.Next(s_faults.Length);
        trial.Inject(s_faults[fault], $"worker {victim}");
        switch (fault)
        {
            case 0:
                workers[victim].Kill();
                await workers[victim].Exited;
                workers[victim] = await trial.Site.StartWorkerAsync($"worker-{victim}-{number}", Trial.Token);
                break;
            case 1:
                workers[victim].Terminate();
                await workers[victim].Exited;
                workers[victim] = await trial.Site.StartWorkerAsync($"worker-{victim}-{number}", Trial.Token);
                break;
            case 2:
                await RestartBrokerAsync(trial, kill: trial.Random.Next(2) == 0);
                break;
            case 3:
                await servers.Database.StopAsync(trial.Random.Next(2) == 0 ? PostgresStop.Fast : PostgresStop.Immediate);
                await servers.Database.StartAgainAsync(Trial.Token);
                break;
            case 4:
                trial.Site.BrokerWay.Reset();
                break;
            case 5:
                trial.Site.BrokerWay.Stall();
                break;
            case 6:
                trial.Site.DatabaseWay.Reset();
                break;
            default:
                await trial.Site.Database.RefuseAsync(trial.Random.Next(2) == 0 ? 0.3 : 0, Trial.Token);
                break;
        }

        await trial.WorksAgainAsync(s_faults[fault], s_limit);
    }

    private async Task RestartBrokerAsync(Trial trial, bool kill)
    {
        await (kill ? servers.Broker.KillAsync() : servers.Broker.StopAsync());
        await servers.Broker.StartAgainAsync(Trial.Token);
        await trial.WorksAgainAsync("the broker's return", Limits.Broker);
    }
}
