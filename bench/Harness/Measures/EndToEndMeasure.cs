using Millrace.Bench.Load;

namespace Millrace.Bench.Measures;

/// <summary>Jobs per second from publish to reply read, so many on their way at once.</summary>
internal sealed class EndToEndMeasure : IMeasure
{
    public const string MeasureName = "end to end";

    public string Name => MeasureName;

    public async Task<int> RunAsync(Turn turn, CancellationToken cancellationToken)
    {
        var usage = await Usage.StartAsync(turn, cancellationToken);
        var (latencies, seconds) = await ClosedLoop.RunAsync(turn, turn.Jobs, turn.InFlight, cancellationToken);
        await usage.AddAsync(Name, turn.Jobs, cancellationToken);
        turn.Add(Name, Quantity.Jobs, turn.Jobs / seconds);
        if (turn.Workload.Rows > 1)
        {
            turn.Add(Name, Quantity.Rows, turn.Jobs * turn.Workload.Rows / seconds);
        }

        turn.Add(Name, Quantity.P50, latencies.Milliseconds(50));
        turn.Add(Name, Quantity.P99, latencies.Milliseconds(99));
        return turn.Jobs;
    }
}
