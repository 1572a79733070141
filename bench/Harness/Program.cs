using System.CommandLine;
using Millrace.Bench;
using Millrace.Bench.Contenders;
using Millrace.Bench.Reporting;
using Millrace.LocalServices;

// What runs ends in order, servers and all, where a signal says so.
return await CommandLine.Create(RunAsync).Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });

static async Task<int> RunAsync(Settings settings, CancellationToken cancellationToken)
{
    try
    {
        var contenders = Attendance.Take(settings);
        var run = new BenchRun(settings, contenders);
        await ProgressDisplay.ShowAsync(run.Steps, async (tell, step) =>
        {
            tell("starts RabbitMQ and Postgres");
            await using var site = await Site.StartAsync(cancellationToken);
            await run.ExecuteAsync(site, tell, step, cancellationToken);
        });
        Terminal.Show(run.Figures);
        if (!settings.IsDry)
        {
            // Without the peer the tables would lose what they are for.
            var isWhole = settings.IsWhole && contenders.Count == Attendance.Of(settings).Count;
            await Publication.WriteAsync(settings, run.Figures, isWhole, cancellationToken);
        }

        return 0;
    }
    catch (Exception fault) when (fault is BenchException or LocalServiceException or TimeoutException)
    {
        await Console.Error.WriteLineAsync($"bench: {fault.Message}");
        return 1;
    }
    catch (OperationCanceledException)
    {
        await Console.Error.WriteLineAsync("bench: stopped; no figure was written");
        return 130;
    }
}
