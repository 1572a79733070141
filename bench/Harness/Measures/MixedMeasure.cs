using System.Diagnostics;
using Millrace.Bench.Load;

namespace Millrace.Bench.Measures;

/// <summary>
/// Single rows at a steady rate while bulk jobs keep the contender busy. Who has no lanes gets both by its one queue, as such a program
/// does.
/// </summary>
internal sealed class MixedMeasure : IMeasure
{
    private const int InteractiveJobsPerSecond = 200;
    private const int BulkRows = 256;
    private const int BulkInFlight = 32;
    private const int MostBulkJobs = 200_000;

    public string Name => "mixed";

    public async Task<int> RunAsync(Turn turn, CancellationToken cancellationToken)
    {
        var schedule = new OpenLoopSchedule(InteractiveJobsPerSecond, TimeSpan.FromSeconds((double)turn.Jobs / InteractiveJobsPerSecond));
        using var window = new SemaphoreSlim(BulkInFlight);
        await using var single = await turn.ConnectAsync(schedule.Jobs, awaitsConfirms: false, replied: null, cancellationToken);
        await using var bulk = await turn.ConnectBulkAsync(MostBulkJobs, BulkRows, () => window.Release(), cancellationToken);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var start = Stopwatch.GetTimestamp();
        var publishing = PublishBulkAsync(bulk, window, enough.Token);
        await turn.Running.WaitForAsync(Task.WhenAll(OpenLoop.PublishAsync(single, schedule, cancellationToken), single.Book.Complete)
            .WaitAsync(turn.Patience, cancellationToken));
        await enough.CancelAsync();
        var published = await publishing;
        cancellationToken.ThrowIfCancellationRequested();
        bulk.Book.Limit(published);
        await turn.Running.WaitForAsync(bulk.Book.Complete.WaitAsync(turn.Patience, cancellationToken));
        bulk.Book.Close();
        var latencies = single.Book.Close();
        turn.Add(Name, Quantity.Rows, (double)published * BulkRows / Stopwatch.GetElapsedTime(start, bulk.Book.LastAt).TotalSeconds);
        turn.Add(Name, Quantity.P50, latencies.Milliseconds(50));
        turn.Add(Name, Quantity.P99, latencies.Milliseconds(99));
        return schedule.Jobs + published;
    }

    /// <returns>How many jobs were published until it was enough.</returns>
    private static async Task<int> PublishBulkAsync(LoadClient client, SemaphoreSlim window, CancellationToken enough)
    {
        var published = 0;
        try
        {
            while (published < MostBulkJobs)
            {
                await window.WaitAsync(enough);
                client.Book.Begin(published, Stopwatch.GetTimestamp());
                // Not to be cut off half way: what is begun is published.
                await client.PublishAsync(published++, CancellationToken.None);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }

        return published;
    }
}
