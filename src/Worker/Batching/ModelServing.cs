using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Retries;

namespace Millrace.Worker.Batching;

/// <summary>
/// Starts a loop for each session, and ends them. A loop that ends before, because its device does not come back, ends the worker: the
/// broker hands its jobs to another one, or to this one's next process.
/// </summary>
internal sealed partial class ModelServing(
    ModelCatalog catalog,
    Batchers batchers,
    ResultWriter writer,
    JobRetries retries,
    RetryPipelines pipelines,
    Suspects suspects,
    WorkerMetrics metrics,
    IOptions<StopOptions> options,
    TimeProvider time,
    ILoggerFactory loggers)
    : BackgroundService
{
    // ONNX Runtime looks between two nodes of a graph whether it is to stop. Most nodes take milliseconds.
    private static readonly TimeSpan s_lastNode = TimeSpan.FromSeconds(3);

    // For a loop that waited for the store or a device, once it is told to give up.
    private static readonly TimeSpan s_lastWait = TimeSpan.FromSeconds(1);

    private readonly ILogger<ModelServing> _logger = loggers.CreateLogger<ModelServing>();
    private readonly CancellationTokenSource _giveUp = new();
    private readonly List<(BatchLoop Loop, Task Ended)> _loops = [];
    private readonly Dictionary<string, WorkPace> _paces = catalog.Names.ToDictionary(name => name, _ => new WorkPace(), StringComparer.Ordinal);

    /// <summary>Whether no loop uses a session any more. Where one does, the process must end without the library's own end.</summary>
    public bool HasEnded => _loops.TrueForAll(loop => loop.Ended.IsCompleted);

    /// <summary>How fast a model's sessions work, those of all its versions, which share its queues.</summary>
    public WorkPace PaceOf(string model) => _paces[model];

    private Task AllEnded => Task.WhenAll(_loops.Select(loop => loop.Ended));

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var model in catalog.Models)
        {
            for (var i = 0; i < model.Predictors.Count; i++)
            {
                var batcher = batchers.Of(model);
                var runner = new BatchRunner(
                    model.Version, batcher, model.Predictors[i], writer, retries, pipelines, metrics, time, loggers.CreateLogger<BatchRunner>());
                var loop = new BatchLoop(model.Version, batcher, runner, writer, suspects, PaceOf(model.Version.Name), time, loggers.CreateLogger<BatchLoop>());
                _loops.Add((loop, loop.Start($"{model.Version.Name}/{model.Version.Version}#{i}", _giveUp.Token)));
            }
        }

        return base.StartAsync(cancellationToken);
    }

    /// <summary>
    /// Ends the loops within a stated time, whatever they do: what waits goes back to the broker at once, what runs may go on for
    /// <see cref="StopOptions.Grace"/>, is stopped then, and goes back as well. Where a run cannot even be stopped, its jobs go back all the same.
    /// </summary>
    /// <param name="giveUp">Ends the waits before.</param>
    public async Task EndAsync(CancellationToken giveUp)
    {
        var waiting = new List<PendingJob>();
        foreach (var batcher in batchers.All)
        {
            batcher.CloseAndTake(waiting);
        }

        if (waiting.Count > 0)
        {
            var stop = new RunStoppedException();
            waiting.ForEach(job => job.Abandon(stop));
            LogHandedBack(waiting.Count);
        }

        if (!await EndWithinAsync(options.Value.Grace, giveUp))
        {
            LogStopping(options.Value.Grace);
            catalog.Terminate();
            if (!await EndWithinAsync(s_lastNode, giveUp))
            {
                await _giveUp.CancelAsync();
                await EndWithinAsync(s_lastWait, giveUp);
            }
        }

        foreach (var (loop, ended) in _loops)
        {
            var jobs = loop.HandBack();
            if (!ended.IsCompleted)
            {
                LogNotStopped(jobs.Count);
                await AcquitAsync(jobs, giveUp);
            }
        }
    }

    /// <summary>Lets the sessions take what waits, unless it went back before, and ends them.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        Close();
        await using var _ = _giveUp.CancelWith(cancellationToken);
        if (!_giveUp.IsCancellationRequested)
        {
            await AllEnded.WaitAsync(cancellationToken);
        }

        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        // Where the start has failed nobody has stopped this, and the loops wait.
        Close();
        _giveUp.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var ended in Task.WhenEach(_loops.Select(loop => loop.Ended)).WithCancellation(stoppingToken))
        {
            await ended;
        }
    }

    private void Close()
    {
        foreach (var batcher in batchers.All)
        {
            batcher.Close();
        }
    }

    private async Task<bool> EndWithinAsync(TimeSpan span, CancellationToken giveUp)
    {
        // One that fails has ended as well; ExecuteAsync says why.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(giveUp);
        var ended = AllEnded;
        await Task.WhenAny(ended, Task.Delay(span, time, limit.Token));
        await limit.CancelAsync();
        return ended.IsCompleted;
    }

    /// <summary>Jobs that are noted as suspects have not ended this worker: the note would count it against them.</summary>
    private async Task AcquitAsync(IReadOnlyList<PendingJob> jobs, CancellationToken giveUp)
    {
        var noted = jobs.Where(job => job.GroupLimit > 0).Select(job => job.JobId).ToArray();
        if (noted.Length == 0)
        {
            return;
        }

        try
        {
            await suspects.AcquitAsync(noted, giveUp);
        }
        catch (Exception fault)
        {
            // It counts as one death of a worker; three of those alone convict a job.
            LogNotAcquitted(fault, noted.Length);
        }
    }

    [LoggerMessage(EventId = 207, Level = LogLevel.Information, Message = "{Jobs} job(s) that waited for a session go back to the broker")]
    private partial void LogHandedBack(int jobs);

    [LoggerMessage(EventId = 208, Level = LogLevel.Warning, Message = "Batches still run after Stop:Grace of {Grace}: they are stopped, and their jobs go back to the broker")]
    private partial void LogStopping(TimeSpan grace);

    [LoggerMessage(EventId = 209, Level = LogLevel.Warning, Message = "A run cannot be stopped: its {Jobs} job(s) go back to the broker, and the process ends under it")]
    private partial void LogNotStopped(int jobs);

    [LoggerMessage(EventId = 210, Level = LogLevel.Warning, Message = "{Jobs} suspect(s) of a run that could not be stopped stay noted")]
    private partial void LogNotAcquitted(Exception fault, int jobs);
}
