using Millrace.Bench.Load;

namespace Millrace.Bench;

/// <summary>The worker's resident memory on the way through many jobs.</summary>
internal sealed class MemoryMeasure : IMeasure
{
    private const int Steps = 5;

    public string Name => "memory";

    public async Task RunAsync(Site site, Report report, CancellationToken cancellationToken)
    {
        var step = site.Options.MemoryJobs / Steps;
        for (var i = 1; i <= Steps; i++)
        {
            await using var client = await LoadClient.ConnectAsync(site.Broker, step, site.Options.InFlight);
            await client.RunAsync(JobTemplate.Digits(rows: 1, binary: true), cancellationToken);
            report.Add("memory", $"RSS after {i * step:N0} jobs, MiB", [site.Worker.ResidentBytes / (1024.0 * 1024.0)]);
        }
    }
}
