using Millrace.Bench.Load;
using Millrace.Bench.Reporting;

namespace Millrace.Bench.Measures;

/// <summary>Latencies at a share of the contender's own top rate, which is the median of its rounds end to end so far.</summary>
/// <param name="percent">The share.</param>
internal sealed class OpenLoopMeasure(int percent) : IMeasure
{
    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(6);

    public string Name => NameOf(percent);

    public static string NameOf(int percent) => $"open loop, {percent} %";

    public async Task<int> RunAsync(Turn turn, CancellationToken cancellationToken)
    {
        var topRate = turn.Figures.Median(new FigureKey(turn.Workload.Name, EndToEndMeasure.MeasureName, Quantity.Jobs, turn.Contender.Name));
        var schedule = new OpenLoopSchedule(topRate * percent / 100, s_length);
        await using var client = await turn.ConnectAsync(schedule.Jobs, awaitsConfirms: false, replied: null, cancellationToken);
        await turn.Running.WaitForAsync(Task.WhenAll(OpenLoop.PublishAsync(client, schedule, cancellationToken), client.Book.Complete)
            .WaitAsync(turn.Patience, cancellationToken));
        var latencies = client.Book.Close();
        turn.Add(Name, Quantity.P50, latencies.Milliseconds(50));
        turn.Add(Name, Quantity.P99, latencies.Milliseconds(99));
        turn.Add(Name, Quantity.P999, latencies.Milliseconds(99.9));
        return schedule.Jobs;
    }
}
