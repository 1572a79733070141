using Millrace.LocalServices;

namespace Millrace.Faults.Scenarios;

/// <summary>A job among many ends the process that runs it; who looks after the workers starts them again.</summary>
public sealed class KillingInputTests(Servers servers)
{
    private const int Neighbours = 1_024;

    // log2 of the model's largest batch, and one more.
    private const int MostCrashes = 7;

    private static readonly int s_killers = Scale.Of(1, 5);

    [Fact]
    public Task A_job_that_ends_the_process_fails_alone() => Trial.RunAsync(servers, "killing-input", async trial =>
    {
        await trial.StartWorkersAsync();
        await trial.Site.StopWorkersAsync(Trial.Token);
        var killers = new HashSet<int>();
        while (killers.Count < s_killers)
        {
            killers.Add(trial.Random.Next(s_killers * Neighbours));
        }

        await trial.PublishAsync(
            s_killers * Neighbours, i => trial.Ledger.Add(trial.Client.ReplyQueue, kind: killers.Contains(i) ? JobKind.Killing : JobKind.Harmless));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Trial.Token);
        var crashes = Task.WhenAll(CrashesAsync(trial, "worker-a", ended.Token), CrashesAsync(trial, "worker-b", ended.Token));
        await trial.SettleAsync();
        await ended.CancelAsync();
        var count = (await crashes).Sum();
        trial.Summary.Count("jobs that kill their worker", s_killers);
        trial.Summary.Count("crashes", count);
        await trial.HoldsAsync();
        Assert.InRange(count, 1, s_killers * MostCrashes);
    });

    /// <summary>Starts a worker again whenever it ends.</summary>
    /// <returns>How often it ended.</returns>
    private static async Task<int> CrashesAsync(Trial trial, string name, CancellationToken ended)
    {
        for (var crashes = 0; ; crashes++)
        {
            LocalWorker worker = trial.Site.StartWorker($"{name}-{crashes}");
            try
            {
                await worker.Exited.WaitAsync(ended);
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return crashes;
            }
        }
    }
}
