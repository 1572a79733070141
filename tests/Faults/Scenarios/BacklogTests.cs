using Millrace.LocalServices;
using Millrace.TestKit;

namespace Millrace.Faults.Scenarios;

/// <summary>A long queue waits for the workers: they take no more of it than their prefetch, and work as they do with a short one.</summary>
public sealed class BacklogTests(Servers servers)
{
    private const int Prefetch = 64;

    private static readonly int s_jobs = Scale.Of(20_000, 1_000_000);
    // As many, in the short queue that the rate of the long one is held to.
    private static readonly int s_steadyJobs = s_jobs / 10;
    private static readonly int s_jobsOfARate = s_jobs / 100;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    [Fact]
    public Task A_backlog_is_taken_in_by_the_prefetch() => Trial.RunAsync(servers, "backlog", async trial =>
    {
        await trial.StartWorkersAsync("declares");
        await trial.Site.StopWorkersAsync(Trial.Token);
        await trial.PublishAsync(s_steadyJobs);
        var workers = await trial.StartWorkersAsync("0", ("Broker__Prefetch", $"{Prefetch}"));
        var steady = await DrainAsync(trial, workers);
        await trial.Site.StopWorkersAsync(Trial.Token);

        await trial.PublishAsync(s_jobs);
        trial.Summary.Count("jobs in the queue", s_jobs);
        workers = await trial.StartWorkersAsync("", ("Broker__Prefetch", $"{Prefetch}"));
        var rate = await DrainAsync(trial, workers);
        trial.Say($"{steady:0} jobs/s with the short queue, {rate:0} with the long one");
        trial.Hold("rate with a long queue", rate / steady, Limits.BacklogRate, "of that with a short one", atLeast: true);
        await trial.HoldsAsync();
    });

    /// <summary>Waits until the queue is empty, and looks at the workers meanwhile.</summary>
    /// <returns>The median rate.</returns>
    private static async Task<double> DrainAsync(Trial trial, IReadOnlyList<LocalWorker> workers)
    {
        var pace = new Pace(s_jobsOfARate);
        trial.Client.Replied = _ => pace.Add();
        var memory = new List<(double Jobs, double Bytes)>();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Trial.Token);
        var looking = LookAsync();
        await trial.SettleAsync();
        await ended.CancelAsync();
        await looking;
        // A worker's memory grows for as long as it is new.
        var grown = memory.FindAll(point => point.Jobs > s_jobs / 10);
        if (grown.Count > 2)
        {
            var mean = grown.Average(point => point.Bytes);
            trial.Hold("memory's slope over the queue", Math.Abs(Slope(grown)) * s_jobs / mean, Limits.Growth, "of the mean");
        }

        return pace.Median;

        async Task LookAsync()
        {
            using var timer = new PeriodicTimer(s_interval);
            try
            {
                while (await timer.WaitForNextTickAsync(ended.Token))
                {
                    var unacked = await trial.Site.CountUnackedAsync(ended.Token);
                    var resident = workers.Sum(worker => worker.ResidentBytes());
                    memory.Add((pace.Count, resident));
                    trial.History.Add("trial", $"{unacked} unacked, {resident >> 20} MiB resident");
                    Assert.InRange(unacked, 0, workers.Count * Prefetch);
                }
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                // The queue is empty.
            }
        }
    }

    /// <summary>Bytes for each job, by least squares.</summary>
    private static double Slope(List<(double Jobs, double Bytes)> points)
    {
        var (jobs, bytes) = (points.Average(point => point.Jobs), points.Average(point => point.Bytes));
        return points.Sum(point => (point.Jobs - jobs) * (point.Bytes - bytes)) / points.Sum(point => (point.Jobs - jobs) * (point.Jobs - jobs));
    }
}
