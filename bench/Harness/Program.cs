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
        var isComplete = await TryMeasureAsync(run, cancellationToken);
        if (run.Figures.Keys.Count > 0)
        {
            Terminal.Show(run.Figures);
        }

        if (run.Figures.Keys.Count > 0 && !settings.IsDry)
        {
            // Without the peer the tables would lose what they are for.
            var isWhole = isComplete && settings.IsWhole && contenders.Count == Attendance.Of(settings).Count;
            await Publication.WriteAsync(settings, run.Figures, isWhole, CancellationToken.None);
        }

        return isComplete ? 0 : 130;
    }
    catch (Exception fault) when (fault is BenchException or LocalServiceException or TimeoutException)
    {
        await Console.Error.WriteLineAsync($"bench: {fault.Message}");
        return 1;
    }
}

// What was measured before a stop may have taken an hour, and is worth as much as it was: it is not thrown away.
static async Task<bool> TryMeasureAsync(BenchRun run, CancellationToken cancellationToken)
{
    try
    {
        await ProgressDisplay.ShowAsync(run.Steps, async (tell, step) =>
        {
            tell("starts RabbitMQ and Postgres");
            await using var site = await Site.StartAsync(cancellationToken);
            await run.ExecuteAsync(site, tell, step, cancellationToken);
        });
        return true;
    }
    catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
    {
        await Console.Error.WriteLineAsync("bench: stopped before all was measured");
        return false;
    }
}
