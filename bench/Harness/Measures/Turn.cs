using Millrace.Bench.Contenders;
using Millrace.Bench.Load;
using Millrace.Bench.Reporting;
using Millrace.Bench.Workloads;
using Millrace.Contracts;

namespace Millrace.Bench.Measures;

/// <summary>A contender's turn at a workload.</summary>
/// <param name="Site">The servers.</param>
/// <param name="Running">The contender, which consumes.</param>
/// <param name="Workload">The workload.</param>
/// <param name="Settings">The run's settings.</param>
/// <param name="Figures">What has been measured; takes what is.</param>
/// <param name="Round">Which round it is, from 1.</param>
internal sealed record Turn(Site Site, RunningContender Running, Workload Workload, Settings Settings, Figures Figures, int Round)
{
    /// <summary>How long any part of it may take.</summary>
    public TimeSpan Patience { get; } = TimeSpan.FromMinutes(5);

    public Contender Contender => Running.Contender;

    public int Jobs => Settings.IsQuick ? Workload.Jobs / 2 : Workload.Jobs;

    public int InFlight => Workload.InFlight ?? Settings.InFlight;

    public void Add(string measure, string quantity, double value) =>
        Figures.Add(new FigureKey(Workload.Name, measure, quantity, Contender.Name), Round, value);

    /// <summary>Connects a client that publishes the workload's jobs.</summary>
    public Task<LoadClient> ConnectAsync(int jobs, bool awaitsConfirms, Action? replied, CancellationToken cancellationToken) => LoadClient.ConnectAsync(
        Site.Broker, JobsOf(Workload.Rows, Lane.Interactive), jobs, awaitsConfirms, replied, cancellationToken);

    /// <summary>Connects a client that publishes bulk jobs: to the bulk lane of who has one.</summary>
    public Task<LoadClient> ConnectBulkAsync(int jobs, int rows, Action? replied, CancellationToken cancellationToken) => LoadClient.ConnectAsync(
        Site.Broker,
        JobsOf(rows, Contender.IsMillrace ? Lane.Bulk : Lane.Interactive),
        jobs,
        awaitsConfirms: false,
        replied,
        cancellationToken);

    private IReadOnlyList<JobKind> JobsOf(int rows, Lane lane)
    {
        var input = ModelInput.Read(Workload.Model);
        return
        [
            .. Workload.Served.Names.Select(name =>
                new JobKind(JobTemplates.Create(Workload.Form, input with { Model = name }, rows), BrokerNames.RoutingKey(name, lane))),
        ];
    }
}
