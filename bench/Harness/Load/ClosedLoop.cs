using System.Diagnostics;
using Millrace.Bench.Measures;

namespace Millrace.Bench.Load;

/// <summary>So many jobs on their way at once: each reply lets the next job go.</summary>
internal static class ClosedLoop
{
    /// <returns>The latencies, and the seconds from the first publish to the last reply.</returns>
    public static async Task<(Percentiles Latencies, double Seconds)> RunAsync(Turn turn, int jobs, int inFlight, CancellationToken cancellationToken)
    {
        using var window = new SemaphoreSlim(inFlight);
        await using var client = await turn.ConnectAsync(jobs, awaitsConfirms: false, () => window.Release(), cancellationToken);
        var start = Stopwatch.GetTimestamp();
        var publishing = PublishAsync(client, window, cancellationToken);
        await turn.Running.WaitForAsync(Task.WhenAll(publishing, client.Book.Complete).WaitAsync(turn.Patience, cancellationToken));
        return (client.Book.Close(), Stopwatch.GetElapsedTime(start, client.Book.LastAt).TotalSeconds);
    }

    private static async Task PublishAsync(LoadClient client, SemaphoreSlim window, CancellationToken cancellationToken)
    {
        for (var i = 0; i < client.Book.Jobs; i++)
        {
            await window.WaitAsync(cancellationToken);
            client.Book.Begin(i, Stopwatch.GetTimestamp());
            await client.PublishAsync(i, cancellationToken);
        }
    }
}
