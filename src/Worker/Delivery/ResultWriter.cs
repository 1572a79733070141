using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Results;
using Millrace.Worker.Intake;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Delivery;

/// <summary>
/// Commits decided jobs, whatever waits in one statement (group commit), and hands the committed ones to the <see cref="ReplySender"/>.
/// Beside a commit that goes on there is another only where much waits: less of it waits for the one that goes on, at less cost for each row.
/// </summary>
internal sealed partial class ResultWriter(
    IResultStore store,
    ReplySender replies,
    RetryPipelines retries,
    Suspects suspects,
    IOptions<DeliveryOptions> options,
    WorkerMetrics metrics,
    TimeProvider time,
    ILogger<ResultWriter> logger) : IHostedService, IDisposable
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

    // For the commits beside the first: a permit says that there may be enough for one.
    private readonly SemaphoreSlim _much = new(0);
    private long _waitingBytes;
    private volatile bool _isEnding;

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
        }
        else if (waiting >= WorthAnother && _much.CurrentCount == 0)
        {
            _much.Release();
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loops.Add(Task.Run(CommitLoopAsync, CancellationToken.None));
        for (var i = 1; i < options.Value.Commits; i++)
        {
            _loops.Add(Task.Run(CommitMuchLoopAsync, CancellationToken.None));
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _decided.Writer.TryComplete();
        _isEnding = true;
        _much.Release(options.Value.Commits);
        await using var _ = cancellationToken.Register(_drain.Cancel);
        await Task.WhenAll(_loops);
    }

    public void Dispose()
    {
        _much.Dispose();
        _drain.Dispose();
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
        while (jobs.Count < options.Value.MaxCommitRows && _decided.Reader.TryRead(out var job))
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
            await CommitAsync(jobs, _drain.Token);
        }
        catch (OperationCanceledException fault) when (_drain.IsCancellationRequested)
        {
            // Unacked, uncommitted: the broker hands them to another worker.
            HasAbandoned = true;
            jobs.ForEach(job => job.Abandon(fault));
        }
    }

    private async Task CommitAsync(List<PendingJob> jobs, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        try
        {
            var rows = jobs.ConvertAll(ToRow);
            var first = await retries.Store.ExecuteAsync(
                async (state, token) => await state.store.CommitAsync(state.rows, token), (store, rows), cancellationToken);
            metrics.Committed(jobs, time.GetElapsedTime(start));
            for (var i = 0; i < jobs.Count; i++)
            {
                replies.Send(jobs[i], first[i]);
            }
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Not transient, or it would still be tried: some row cannot be stored. It is found by halving, and its neighbours are not
            // held up.
            LogNotStorable(fault, jobs.Count);
            await CommitHalvesAsync(jobs, fault, cancellationToken);
        }
    }

    private async Task CommitHalvesAsync(List<PendingJob> jobs, Exception fault, CancellationToken cancellationToken)
    {
        if (jobs.Count > 1)
        {
            var half = jobs.Count / 2;
            await CommitAsync(jobs.GetRange(0, half), cancellationToken);
            await CommitAsync(jobs.GetRange(half, jobs.Count - half), cancellationToken);
        }
        else if (jobs[0].Outcome.Outputs.Count > 0)
        {
            jobs[0].Replace(JobOutcome.Failed(ErrorCode.OutputInvalid, "the store cannot take the job's outputs; the worker's log says why"));
            await CommitAsync(jobs, cancellationToken);
        }
        else
        {
            // A row without outputs that the store refuses is our fault, not the job's. It stays with the broker, whose delivery limit
            // takes it to the dead letters.
            LogRefused(fault, jobs[0].JobId);
            jobs[0].Abandon(fault);
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
            await suspects.AcquitAsync(jobs.FindAll(IsSuspectThatNeverRan).ConvertAll(job => job.JobId), _drain.Token);
        }
        catch (Exception fault)
        {
            // The note of a job that has its row changes nothing any more.
            LogNotAcquitted(fault);
        }
    }

    private static bool IsSuspectThatNeverRan(PendingJob job) =>
        job is { GroupLimit: > 0, Outcome.Status: JobStatus.Cancelled or JobStatus.Expired };

    private ResultRow ToRow(PendingJob job)
    {
        var outcome = job.Outcome;
        return new ResultRow
        {
            JobId = job.JobId,
            ModelName = job.ModelName,
            ModelVersion = job.ModelVersion,
            Status = outcome.Status,
            Lane = job.Lane,
            Code = outcome.Code,
            Error = outcome.Error,
            RowCount = job.RowCount,
            Outputs = outcome.Outputs,
            RunId = job.RunId,
            RunRow = job.RunRow,
            PayloadHash = job.PayloadHash,
            CorrelationId = job.Reply.CorrelationId,
            ReplyTo = job.Reply.Queue,
            BatchRows = outcome.BatchRows,
            Worker = options.Value.WorkerName,
            ReceivedAt = job.ReceivedAt,
        };
    }

    [LoggerMessage(EventId = 302, Level = LogLevel.Warning, Message = "Suspects that were cancelled or have expired could not be struck off")]
    private partial void LogNotAcquitted(Exception fault);

    [LoggerMessage(EventId = 300, Level = LogLevel.Error, Message = "A commit of {Rows} row(s) failed for good; looking for the row")]
    private partial void LogNotStorable(Exception fault, int rows);

    [LoggerMessage(EventId = 301, Level = LogLevel.Error, Message = "Job {JobId}: the store refuses its row; the delivery goes back to the broker")]
    private partial void LogRefused(Exception fault, Guid jobId);
}
