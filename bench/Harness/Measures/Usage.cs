namespace Millrace.Bench.Measures;

/// <summary>What a contender and its servers use while something is measured.</summary>
internal sealed class Usage
{
    private readonly Turn _turn;
    private readonly long? _allocatedBytes;
    private readonly ProcessorSeconds _processor;

    private Usage(Turn turn, long? allocatedBytes)
    {
        _turn = turn;
        _allocatedBytes = allocatedBytes;
        _processor = Read(turn);
    }

    public static async Task<Usage> StartAsync(Turn turn, CancellationToken cancellationToken) =>
        new(turn, (await turn.Running.ReadManagedAsync(cancellationToken))?.AllocatedBytes);

    /// <summary>Without the memory allocated, which a contender that is held cannot tell.</summary>
    public static Usage StartWithoutMemory(Turn turn) => new(turn, null);

    /// <summary>Adds what was used since the start.</summary>
    public async Task AddAsync(string measure, int jobs, CancellationToken cancellationToken)
    {
        var used = Read(_turn).PerJobSince(_processor, jobs);
        _turn.Add(measure, Quantity.ContenderCpu, used.Contender);
        _turn.Add(measure, Quantity.BrokerCpu, used.Broker);
        _turn.Add(measure, Quantity.StoreCpu, used.Store);
        _turn.Add(measure, Quantity.LoadCpu, used.Load);
        _turn.Add(measure, Quantity.ResidentAtEnd, _turn.Running.ResidentMebibytes);
        if ((await _turn.Running.ReadManagedAsync(cancellationToken))?.AllocatedBytes - _allocatedBytes is { } allocated)
        {
            _turn.Add(measure, Quantity.Allocated, (double)allocated / jobs);
        }
    }

    private static ProcessorSeconds Read(Turn turn) => new(
        turn.Running.ProcessorTime.TotalSeconds,
        turn.Site.BrokerTime.TotalSeconds,
        turn.Site.StoreTime.TotalSeconds,
        Environment.CpuUsage.TotalTime.TotalSeconds);
}
