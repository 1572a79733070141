using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Results;
using Millrace.Worker.Batching;
using Millrace.Worker.Delivery;
using Millrace.Worker.Jobs;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Cancelling;

/// <summary>
/// Follows the store's requests to cancel jobs: jobs that wait here are decided at once, the others when they are taken in. Starts before
/// the intake, and knows the requests of late before the first job comes.
/// </summary>
internal sealed partial class CancellationFollower(
    IResultStore store,
    Cancellations cancellations,
    Batchers batchers,
    ResultWriter writer,
    RetryPipelines retries,
    IOptions<CancellingOptions> options,
    ILogger<CancellationFollower> logger) : BackgroundService, ICancellationListener
{
    private readonly TaskCompletionSource _knowsFirst = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Since the last line of the log: one for each look at the store, however many requests it found.
    private int _taken;
    private int _waiting;
    private int _pushedOut;
    private bool _saidPushedOut;

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        // Where it ends before, there is nothing to wait for. While the store is away, the start waits here as it does at the gate.
        await await Task.WhenAny(_knowsFirst.Task, ExecuteTask!).WaitAsync(cancellationToken);
    }

    /// <summary>Cancels what waits here of these jobs, and what comes of them.</summary>
    public void Take(IReadOnlyCollection<CancellationRequest> requests)
    {
        // First remembered, then looked for: a job that is on its way into a batcher meanwhile looks once it is there.
        _pushedOut += cancellations.Add(requests);
        var waiting = new List<PendingJob>();
        var wanted = requests.Select(request => request.JobId).ToHashSet();
        foreach (var batcher in batchers.All)
        {
            batcher.Cancel(wanted, waiting);
        }

        waiting.ForEach(writer.Enqueue);
        _taken += requests.Count;
        _waiting += waiting.Count;
    }

    /// <inheritdoc/>
    public void CaughtUp()
    {
        if (_taken > 0)
        {
            LogTaken(_taken, _waiting);
        }

        if (_pushedOut > 0 && !_saidPushedOut)
        {
            _saidPushedOut = true;
            LogPushedOut(options.Value.MaxRemembered);
        }

        _taken = _waiting = _pushedOut = 0;
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

        using var end = new CancellationTokenSource();
        await using var _ = end.CancelWith(stoppingToken);
        try
        {
            await retries.Store.ExecuteAsync(
                async token => await requests.FollowCancellationsAsync(options.Value.RememberFor, options.Value.PollEvery, this, token), end.Token);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The worker ends.
        }
    }

    [LoggerMessage(EventId = 700, Level = LogLevel.Information, Message = "Cancelling {Jobs} job(s), {Waiting} of them wait here")]
    private partial void LogTaken(int jobs, int waiting);

    [LoggerMessage(
        EventId = 702,
        Level = LogLevel.Warning,
        Message = "More than {Most} jobs are to be cancelled (Cancelling:MaxRemembered): jobs that may be among the others are looked up in the store when they come")]
    private partial void LogPushedOut(int most);

    [LoggerMessage(EventId = 701, Level = LogLevel.Information, Message = "Jobs cannot be cancelled: {Store} keeps no requests")]
    private partial void LogNone(string store);
}
