using Millrace.Bench.Contenders;
using Millrace.Bench.Load;
using Millrace.Bench.Reporting;
using Millrace.Bench.Workloads;

namespace Millrace.Bench.Measures;

/// <summary>A worker's resident memory over time, by how many jobs wait on the broker.</summary>
internal static class ResidentMeasure
{
    public const string Name = "resident";
    public const int FewWaiting = 1_000;

    // What the worker itself holds unacked by default is not waiting.
    private const int Prefetch = 512;
    private const int Samples = 30;

    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(1);

    public static string NameOf(int waiting) => $"{Name}, {waiting} waiting";

    public static async Task RunAsync(Site site, Settings settings, Figures figures, Action<string> tell, CancellationToken cancellationToken)
    {
        foreach (var waiting in new[] { FewWaiting, settings.Waiting })
        {
            await site.DeclareAsync(WorkloadList.Tiny.Served, cancellationToken);
            await site.CleanAsync(ResultsTable.Millrace, WorkloadList.Tiny.Served, cancellationToken);
            await RunAsync(site, settings, figures, waiting, tell, cancellationToken);
            await site.CleanAsync(ResultsTable.Millrace, WorkloadList.Tiny.Served, cancellationToken);
        }
    }

    private static async Task RunAsync(
        Site site, Settings settings, Figures figures, int waiting, Action<string> tell, CancellationToken cancellationToken)
    {
        // The load goes on until the samples are taken, however fast the worker is.
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var input = ModelInput.Read(WorkloadList.Tiny.Model);
        using var window = new SemaphoreSlim(waiting + Prefetch);
        var most = Math.Max(waiting + Prefetch, 2_000_000);
        var template = JobTemplates.Create(JobForm.Binary, input, 1);
        await using var client = await LoadClient.ConnectAsync(
            site.Broker, [new JobKind(template, input.Model)], most, awaitsConfirms: false, () => window.Release(), cancellationToken);
        tell($"resident memory · {waiting:N0} jobs are published");
        var publishing = PublishAsync(client, window, most, enough.Token);
        while (window.CurrentCount > 0 && !publishing.IsCompleted)
        {
            await Task.Delay(s_between, cancellationToken);
        }

        await using var running = await RunningContender.StartAsync(ContenderList.Millrace, site, WorkloadList.Tiny.Served, cancellationToken);
        tell($"resident memory · {waiting:N0} jobs wait");
        var key = new FigureKey(WorkloadList.Tiny.Name, NameOf(waiting), Quantity.Resident, ContenderList.Millrace.Name);
        for (var i = 1; i <= (settings.IsQuick ? Samples / 2 : Samples); i++)
        {
            await running.WaitForAsync(Task.Delay(s_between, cancellationToken));
            figures.Add(key, i, running.ResidentMebibytes);
        }

        await enough.CancelAsync();
        await publishing;
    }

    private static async Task PublishAsync(LoadClient client, SemaphoreSlim window, int most, CancellationToken enough)
    {
        try
        {
            for (var i = 0; i < most; i++)
            {
                await window.WaitAsync(enough);
                await client.PublishAsync(i, CancellationToken.None);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }
}
