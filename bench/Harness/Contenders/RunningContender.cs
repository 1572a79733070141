using Millrace.Bench.Workloads;

namespace Millrace.Bench.Contenders;

/// <summary>A contender's processes together.</summary>
internal sealed class RunningContender : IAsyncDisposable
{
    private readonly IReadOnlyList<ContenderProcess> _processes;

    private RunningContender(Contender contender, IReadOnlyList<ContenderProcess> processes)
    {
        Contender = contender;
        _processes = processes;
    }

    public Contender Contender { get; }

    public TimeSpan ProcessorTime => new(_processes.Sum(process => process.ProcessorTime.Ticks));

    public double ResidentMebibytes => _processes.Sum(process => process.ResidentBytes) / (1024.0 * 1024.0);

    /// <exception cref="BenchException">It did not come up.</exception>
    public static async Task<RunningContender> StartAsync(Contender contender, Site site, ServedModels models, CancellationToken cancellationToken)
    {
        var processes = new List<ContenderProcess>();
        try
        {
            for (var i = 0; i < contender.Processes; i++)
            {
                processes.Add(await ContenderProcess.StartAsync(contender, site, models, cancellationToken));
            }

            return new RunningContender(contender, processes);
        }
        catch
        {
            await DisposeAsync(processes);
            throw;
        }
    }

    public void Pause() => Each(process => process.Pause());

    public void Resume() => Each(process => process.Resume());

    /// <summary>What .NET says of it; null where it runs on something else.</summary>
    public async Task<Managed?> ReadManagedAsync(CancellationToken cancellationToken)
    {
        var sum = new Managed(0, TimeSpan.Zero);
        foreach (var process in _processes)
        {
            if (await process.ReadManagedAsync(cancellationToken) is not { } managed)
            {
                return null;
            }

            sum = new Managed(sum.AllocatedBytes + managed.AllocatedBytes, sum.Compiling + managed.Compiling);
        }

        return sum;
    }

    /// <summary>Waits for work that only this contender can do; fails where it ends before.</summary>
    public async Task WaitForAsync(Task work)
    {
        await Task.WhenAny([work, .. _processes.Select(process => process.Exited)]);
        Each(process => process.EnsureRuns());
        await work;
    }

    public ValueTask DisposeAsync() => DisposeAsync(_processes);

    private static async ValueTask DisposeAsync(IReadOnlyList<ContenderProcess> processes)
    {
        foreach (var process in processes)
        {
            await process.DisposeAsync();
        }
    }

    private void Each(Action<ContenderProcess> act)
    {
        foreach (var process in _processes)
        {
            act(process);
        }
    }
}
