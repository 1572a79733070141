using Millrace.FaultyWorker;

namespace Millrace.Faults.Scenarios;

/// <summary>A worker is killed (SIGKILL) at every point of a job's way, with another one beside it.</summary>
public sealed class KillTests(Servers servers)
{
    private const int Killed = 137;

    // Passages of a delivery are many, those of a batch few.
    private const int MostDeliveries = 200;
    private const int MostBatches = 20;

    private static readonly int s_killsOfEach = Scale.Of(1, 40);

    [Fact]
    public Task Jobs_of_a_killed_worker_end_once() => Trial.RunAsync(servers, "kill", async trial =>
    {
        await trial.Site.StartWorkerAsync("steady", Trial.Token);
        await using var load = trial.StartLoad();
        var points = Enumerable.Repeat(Enum.GetValues<FaultPoint>(), s_killsOfEach).SelectMany(point => point).ToArray();
        trial.Random.Shuffle(points);
        for (var i = 0; i < points.Length; i++)
        {
            var most = points[i] is FaultPoint.AfterDequeue or FaultPoint.AfterReply ? MostDeliveries : MostBatches;
            var worker = trial.Site.StartWorker(
                $"killed-{i}", ("MILLRACE_FAULT_KILL_AT", $"{points[i]}"), ("MILLRACE_FAULT_PASSAGE", $"{trial.Random.Next(1, most)}"));
            Assert.Equal(Killed, await worker.Exited.WaitAsync(TimeSpan.FromMinutes(2), Trial.Token));
            Assert.True(trial.History.Has($"killed-{i}", $"fault: killed {points[i]}"));
            trial.Inject($"killed {points[i]}");
            await trial.WorksAgainAsync("a worker's kill", Limits.Worker);
        }

        await load.StopAsync();
        await trial.HoldsAsync();
    });
}
