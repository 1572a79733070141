using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Results;
using Millrace.Worker.Jobs;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Delivery;

/// <summary>
/// Commits decided jobs, whatever waits in one statement (group commit), and hands the committed ones to the <see cref="ReplySender"/>.
/// Beside a commit that goes on there is another only where much waits: less of it waits for the one that goes on, at less cost for each row.
/// A loop that ends by an exception ends the worker, with its reason: the broker hands the jobs to another one.
/// </summary>
internal sealed partial class ResultWriter : BackgroundService
{
    // From how much on a commit beside others is worth what it costs by itself, in bytes of outputs: some 60 small rows, or one of 256 labels.
    private const int WorthAnother = 16 * 1024;

    // What a row costs besides its outputs, in the same measure.
    private const int RowBytes = 200;

    // Unbounded because it is bounded already: each entry is an unacked delivery, and the broker's prefetch bounds those.
    private readonly Channel<PendingJob> _decided = Channel.CreateUnbounded<PendingJob>();

    // Finished work is committed also while the worker ends; only the end of the grace period stops it.
    private readonly CancellationTokenSource _drain = new();
    private readonly List<Task> _loops = [];
    private readonly CancellationTokenSource _stubbornEnd = new();
    private readonly RowCommits _commits;
    private readonly StubbornRows _stubborn;
    private readonly Suspects _suspects;
    private readonly DeliveryOptions _options;
    private readonly ILogger<ResultWriter> _logger;

    // For the commits beside the first: a permit says that there may be enough for one.
    private readonly SemaphoreSlim _much = new(0);
    private long _waitingBytes;
    private volatile bool _isEnding;
    private volatile Exception? _failure;

    public ResultWriter(
        RowCommits commits, Suspects suspects, IOptions<DeliveryOptions> options, TimeProvider time, ILogger<ResultWriter> logger)
    {
        (_commits, _suspects, _options, _logger) = (commits, suspects, options.Value, logger);
        _stubborn = new StubbornRows(commits, time, logger);
    }

    /// <summary>Whether decided jobs went back to the broker uncommitted, because the time to stop was over.</summary>
    public bool HasAbandoned { get; private set; }

    /// <summary>Takes a decided job. Never blocks.</summary>
    public void Enqueue(PendingJob job)
    {
        // Counted first: whoever reads the job takes it off again.
        var waiting = Interlocked.Add(ref _waitingBytes, BytesOf(job));
        if (!_decided.Writer.TryWrite(job))
        {
            Interlocked.Add(ref _waitingBytes, -BytesOf(job));
            // Decided after the end. It goes back like all that is unacked; who waits for it here is told.
            Abandon([job], _failure ?? new OperationCanceledException("the worker has ended"));
        }
        else if (waiting >= WorthAnother && _much.CurrentCount == 0)
        {
            _much.Release();
        }

        if (_failure is not null)
        {
            AbandonWaiting();
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _loops.Add(Task.Run(CommitLoopAsync, CancellationToken.None));
        for (var i = 1; i < _options.Commits; i++)
        {
            _loops.Add(Task.Run(CommitMuchLoopAsync, CancellationToken.None));
        }

        _loops.Add(Task.Run(() => _stubborn.RunAsync(_stubbornEnd.Token), CancellationToken.None));
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _decided.Writer.TryComplete();
        _isEnding = true;
        _much.Release(_options.Commits);
        // What was not taken so far will not be now: another worker tries.
        await _stubbornEnd.CancelAsync();
        await using (_drain.CancelWith(cancellationToken))
        {
            // How one failed is told by ExecuteTask.
            await Task.WhenAll(_loops).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        Abandon(_stubborn.TakeAll(), _failure ?? new OperationCanceledException("the worker ends, and the store did not take the row"));
        AbandonWaiting();
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _much.Dispose();
        _drain.Dispose();
        _stubbornEnd.Dispose();
        _stubborn.Dispose();
        base.Dispose();
    }

    /// <summary>Watches the loops.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var ended in Task.WhenEach(_loops).WithCancellation(stoppingToken))
            {
                await ended;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // StopAsync waits for them.
        }
        catch (Exception fault)
        {
            // The worker ends. Nobody may wait for what is not committed any more: it goes back to the broker at once.
            LogLoopEnded(fault);
            _failure = fault;
            await _drain.CancelAsync();
            AbandonWaiting();
            throw;
        }
    }

    private static long BytesOf(PendingJob job) => RowBytes + Storability.SizeOf(job.Outcome.Outputs);

    private async Task CommitLoopAsync()
    {
        var jobs = new List<PendingJob>();
        while (await _decided.Reader.WaitToReadAsync(CancellationToken.None))
        {
            await TryCommitWaitingAsync(jobs);
        }
    }

    private async Task CommitMuchLoopAsync()
    {
        var jobs = new List<PendingJob>();
        while (!_isEnding)
        {
            await _much.WaitAsync(CancellationToken.None);
            while (Interlocked.Read(ref _waitingBytes) >= WorthAnother && await TryCommitWaitingAsync(jobs))
            {
            }
        }
    }

    /// <returns>False where nothing waits.</returns>
    private async Task<bool> TryCommitWaitingAsync(List<PendingJob> jobs)
    {
        jobs.Clear();
        while (jobs.Count < _options.MaxCommitRows && _decided.Reader.TryRead(out var job))
        {
            Interlocked.Add(ref _waitingBytes, -BytesOf(job));
            jobs.Add(job);
        }

        if (jobs.Count > 0)
        {
            await CommitOrAbandonAsync(jobs);
            await AcquitAsync(jobs);
        }

        return jobs.Count > 0;
    }

    private async Task CommitOrAbandonAsync(List<PendingJob> jobs)
    {
        try
        {
            if (await _commits.CommitAsync(jobs, _drain.Token) is { Count: > 0 } notTaken)
            {
                _stubborn.Add(notTaken);
            }
        }
        catch (Exception fault) when (_drain.IsCancellationRequested)
        {
            // Unacked, uncommitted: the broker hands them to another worker.
            Abandon(jobs, fault);
        }
        catch (Exception fault)
        {
            Abandon(jobs, fault);
            throw;
        }
    }

    private void Abandon(List<PendingJob> jobs, Exception cause)
    {
        if (jobs.Count > 0)
        {
            HasAbandoned = true;
            jobs.ForEach(job => job.Abandon(cause));
        }
    }

    /// <summary>Gives back what no loop will take any more.</summary>
    private void AbandonWaiting()
    {
        while (_decided.Reader.TryRead(out var job))
        {
            Interlocked.Add(ref _waitingBytes, -BytesOf(job));
            Abandon([job], _failure ?? new OperationCanceledException("the worker ends"));
        }
    }

    /// <summary>Strikes off the suspects that need no run any more. Those that run are struck off by who runs them.</summary>
    private async Task AcquitAsync(List<PendingJob> jobs)
    {
        if (!jobs.Exists(IsSuspectThatNeverRan))
        {
            return;
        }

        try
        {
            await _suspects.AcquitAsync(jobs.FindAll(IsSuspectThatNeverRan).ConvertAll(job => job.JobId), _drain.Token);
        }
        catch (Exception fault)
        {
            // The note of a job that has its row changes nothing any more.
            LogNotAcquitted(fault);
        }
    }

    private static bool IsSuspectThatNeverRan(PendingJob job) =>
        job is { GroupLimit: > 0, Outcome.Status: JobStatus.Cancelled or JobStatus.Expired };

    [LoggerMessage(EventId = 302, Level = LogLevel.Warning, Message = "Suspects that were cancelled or have expired could not be struck off")]
    private partial void LogNotAcquitted(Exception fault);

    [LoggerMessage(EventId = 307, Level = LogLevel.Critical, Message = "Rows are committed no longer, so the worker ends; what is not committed goes back to the broker")]
    private partial void LogLoopEnded(Exception fault);
}
