using System.Diagnostics;

namespace Millrace.Bench.Load;

/// <summary>Jobs by a schedule, whatever became of those before.</summary>
internal static class OpenLoop
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);

    /// <summary>Publishes; returns with the last publish.</summary>
    public static async Task PublishAsync(LoadClient client, OpenLoopSchedule schedule, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var sent = 0;
        using var timer = new PeriodicTimer(s_tick);
        do
        {
            for (var due = schedule.DueBy(Stopwatch.GetElapsedTime(start)); sent < due; sent++)
            {
                client.Book.Begin(sent, start + (long)(schedule.DueAt(sent).TotalSeconds * Stopwatch.Frequency));
                await client.PublishAsync(sent, cancellationToken);
            }
        }
        while (sent < schedule.Jobs && await timer.WaitForNextTickAsync(cancellationToken));
    }
}
