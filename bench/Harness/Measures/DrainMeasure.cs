using System.Diagnostics;
using Millrace.Bench.Load;

namespace Millrace.Bench.Measures;

/// <summary>
/// Jobs per second of a queue that is full: from when the contender, warm and connected, may begin to the last reply. While the queue
/// fills, the contender is held by SIGSTOP.
/// </summary>
internal sealed class DrainMeasure : IMeasure
{
    public const string MeasureName = "drain";

    // Held for longer, a contender could miss so many heartbeats that the broker closes its connection.
    private static readonly TimeSpan s_longestHold = TimeSpan.FromSeconds(50);

    public string Name => MeasureName;

    public async Task<int> RunAsync(Turn turn, CancellationToken cancellationToken)
    {
        await using var client = await turn.ConnectAsync(turn.Jobs, awaitsConfirms: true, replied: null, cancellationToken);
        turn.Running.Pause();
        var heldAt = Stopwatch.GetTimestamp();
        await FullQueue.PublishAsync(client, cancellationToken);
        var held = Stopwatch.GetElapsedTime(heldAt);
        if (held > s_longestHold)
        {
            throw new BenchException($"It took {held.TotalSeconds:0.0} s to fill the queue, and the contender can be held for {s_longestHold.TotalSeconds:0} s.");
        }

        var usage = Usage.StartWithoutMemory(turn);
        var start = Stopwatch.GetTimestamp();
        turn.Running.Resume();
        await turn.Running.WaitForAsync(client.Book.Complete.WaitAsync(turn.Patience, cancellationToken));
        client.Book.Close();
        turn.Add(Name, Quantity.Jobs, turn.Jobs / Stopwatch.GetElapsedTime(start, client.Book.LastAt).TotalSeconds);
        await usage.AddAsync(Name, turn.Jobs, cancellationToken);
        return turn.Jobs;
    }
}
