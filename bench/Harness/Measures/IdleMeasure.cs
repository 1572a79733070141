using Millrace.Bench.Load;

namespace Millrace.Bench.Measures;

/// <summary>One job at a time on an idle contender: what a caller waits who is alone.</summary>
internal sealed class IdleMeasure : IMeasure
{
    public const string MeasureName = "one at a time";

    private const int Jobs = 500;

    public string Name => MeasureName;

    public async Task<int> RunAsync(Turn turn, CancellationToken cancellationToken)
    {
        var (latencies, _) = await ClosedLoop.RunAsync(turn, Jobs, inFlight: 1, cancellationToken);
        turn.Add(Name, Quantity.P50, latencies.Milliseconds(50));
        turn.Add(Name, Quantity.P99, latencies.Milliseconds(99));
        return Jobs;
    }
}
