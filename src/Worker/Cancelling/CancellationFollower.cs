using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Results;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Cancelling;

/// <summary>
/// Follows the store's requests to cancel jobs: jobs that wait here are decided at once, the others when they are taken in. Starts before
/// the intake, and knows the requests of late before the first job comes.
/// </summary>
internal sealed partial class CancellationFollower(
    IResultStore store,
    Cancellations cancellations,
    ModelCatalog catalog,
    ResultWriter writer,
    RetryPipelines retries,
    IOptions<CancellingOptions> options,
    ILogger<CancellationFollower> logger) : BackgroundService
{
    private readonly TaskCompletionSource _knowsFirst = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        // Where it ends before, there is nothing to wait for, or the start fails with why.
        await await Task.WhenAny(_knowsFirst.Task, ExecuteTask!).WaitAsync(cancellationToken);
    }

    /// <summary>Cancels what waits here of these jobs, and what comes of them.</summary>
    internal void Take(IReadOnlyCollection<Guid> jobIds)
    {
        // First remembered, then looked for: a job that is on its way into a batcher meanwhile looks once it is there.
        cancellations.Add(jobIds);
        var waiting = new List<PendingJob>();
        var wanted = jobIds.ToHashSet();
        foreach (var model in catalog.Models)
        {
            model.Batcher.Cancel(wanted, waiting);
        }

        waiting.ForEach(writer.Enqueue);
        if (jobIds.Count > 0)
        {
            LogTaken(jobIds.Count, waiting.Count);
        }

        _knowsFirst.TrySetResult();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (store is not ICancellationStore requests)
        {
            LogNone(store.Description);
            return;
        }

        try
        {
            await retries.Store.ExecuteAsync(
                async token => await requests.FollowCancellationsAsync(options.Value.RememberFor, options.Value.MaxRemembered, Take, token), stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The worker ends.
        }
    }

    [LoggerMessage(EventId = 700, Level = LogLevel.Information, Message = "Cancelling {Jobs} job(s), {Waiting} of them wait here")]
    private partial void LogTaken(int jobs, int waiting);

    [LoggerMessage(EventId = 701, Level = LogLevel.Information, Message = "Jobs cannot be cancelled: {Store} keeps no requests")]
    private partial void LogNone(string store);
}
