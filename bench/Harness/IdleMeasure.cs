using Millrace.Bench.Load;

namespace Millrace.Bench;

/// <summary>One job at a time on an idle worker: what a caller waits who is alone.</summary>
internal sealed class IdleMeasure : IMeasure
{
    private const int Jobs = 500;

    public string Name => "idle";

    public async Task RunAsync(Site site, Report report, CancellationToken cancellationToken)
    {
        var results = new List<LoadResult>();
        for (var i = 0; i <= site.Options.Rounds; i++)
        {
            await using var client = await LoadClient.ConnectAsync(site.Broker, Jobs, inFlight: 1);
            results.Add(await client.RunAsync(JobTemplate.Digits(rows: 1, binary: true), cancellationToken));
        }

        // The first one warms up.
        report.Add("idle, one at a time", "p50, ms", results.Skip(1).Select(result => result.P50Milliseconds));
        report.Add("idle, one at a time", "p99, ms", results.Skip(1).Select(result => result.P99Milliseconds));
    }
}
