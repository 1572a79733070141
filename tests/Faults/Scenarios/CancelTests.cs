using Millrace.LocalServices;
using Millrace.TestKit;

namespace Millrace.Faults.Scenarios;

/// <summary>Jobs are cancelled before, while and after they run, while workers run and are killed.</summary>
public sealed class CancelTests(Servers servers)
{
    private const int Jobs = 400;
    private const int Asked = 10;

    private static readonly int s_rounds = Scale.Of(2, 50);

    [Fact]
    public Task A_job_that_is_cancelled_or_not_ends_once() => Trial.RunAsync(servers, "cancel", async trial =>
    {
        var workers = (await trial.StartWorkersAsync()).ToArray();
        await using var load = trial.StartLoad();
        for (var i = 0; i < s_rounds; i++)
        {
            await trial.MoreRowsAsync();
            var victim = trial.Random.Next(workers.Length);
            await Task.WhenAll(CancelSomeAsync(trial), KillAsync(trial, workers[victim]));
            workers[victim] = await trial.Site.StartWorkerAsync($"worker-{victim}-{i}", Trial.Token);
        }

        await load.StopAsync();
        await trial.HoldsAsync();
        // Where all ended in one way, requests met no job that could go either.
        var rows = await trial.Site.Database.ReadRowsAsync(Trial.Token);
        var asked = rows.FindAll(row => trial.Ledger.Find(row.JobId)!.IsToBeCancelled);
        var cancelled = asked.Count(row => row.Answer.Status == "cancelled");
        trial.Summary.Count("jobs cancelled", cancelled);
        trial.Summary.Count("jobs asked to be cancelled too late", asked.Count - cancelled);
        Assert.InRange(cancelled, 1, asked.Count - 1);
    });

    /// <summary>Publishes jobs, and asks for half of them to be cancelled: for a part before the publish, for the others meanwhile.</summary>
    private static async Task CancelSomeAsync(Trial trial)
    {
        var jobs = Enumerable.Range(0, Jobs).Select(_ => trial.Ledger.Add(trial.Client.ReplyQueue)).ToArray();
        var requests = jobs.Where((_, i) => i % 2 == 0).Chunk(Asked).ToArray();
        trial.Random.Shuffle(requests);
        foreach (var job in requests.SelectMany(request => request))
        {
            job.IsToBeCancelled = true;
        }

        var before = requests.Length / 4;
        await CancelAsync(trial, requests[..before]);
        await Task.WhenAll(trial.PublishAsync(jobs.Length, i => jobs[i]), CancelAsync(trial, requests[before..]));
    }

    private static async Task CancelAsync(Trial trial, IEnumerable<LedgerEntry[]> requests)
    {
        foreach (var request in requests)
        {
            await trial.Site.Database.CancelAsync([.. request.Select(job => job.Id)], Trial.Token);
        }
    }

    private static async Task KillAsync(Trial trial, LocalWorker worker)
    {
        await trial.MoreRowsAsync();
        trial.Inject("worker killed");
        worker.Kill();
        await worker.Exited;
        await trial.WorksAgainAsync("a worker's kill", Limits.Worker);
    }
}
