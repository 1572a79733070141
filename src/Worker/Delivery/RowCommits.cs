using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Results;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Delivery;

/// <summary>
/// Commits the rows of decided jobs and sends their replies. A commit fails for its rows only where the store positively says so: such a row is
/// found by halving and becomes <c>failed/output_invalid</c>. A commit that keeps failing for no known reason is halved too, so that a row that is
/// why does not hold its neighbours; that row keeps its outcome, and whoever called waits with it.
/// </summary>
internal sealed partial class RowCommits(
    IResultStore store,
    ReplySender replies,
    RetryPipelines retries,
    IOptions<DeliveryOptions> options,
    WorkerMetrics metrics,
    TimeProvider time,
    ILogger<RowCommits> logger)
{
    // Failures of one search: enough for a handful of rows among a thousand. Where everything fails, it is no row's fault, and it stops.
    private const int FailuresOfSearch = 64;

    private static readonly TimeSpan s_logInterval = TimeSpan.FromSeconds(1);

    private readonly LogPace _searchLog = new(time, s_logInterval);
    private readonly LogPace _dataLog = new(time, s_logInterval);
    private readonly LogPace _rowLog = new(time, s_logInterval);

    /// <summary>Commits jobs, however long the store is away.</summary>
    /// <returns>Those that the store does not take, for no known reason: they are to be tried again. Empty, nearly always.</returns>
    /// <exception cref="OperationCanceledException">The time to stop is over; what has no row is as it was.</exception>
    /// <exception cref="StoreFailedException">The store is not waited for any longer.</exception>
    public async Task<IReadOnlyList<PendingJob>> CommitAsync(List<PendingJob> jobs, CancellationToken cancellationToken)
    {
        var fault = await TryCommitAsync(jobs, isSearch: false, cancellationToken);
        return fault is null ? [] : await SearchAsync(jobs, fault, cancellationToken);
    }

    /// <summary>The same for jobs that were not taken before: each commit is tried once.</summary>
    public async Task<IReadOnlyList<PendingJob>> CommitAgainAsync(List<PendingJob> jobs, CancellationToken cancellationToken)
    {
        var fault = await TryCommitAsync(jobs, isSearch: true, cancellationToken);
        return fault is null ? [] : await SearchAsync(jobs, fault, cancellationToken);
    }

    private async Task<IReadOnlyList<PendingJob>> SearchAsync(List<PendingJob> jobs, Exception fault, CancellationToken cancellationToken)
    {
        if (_searchLog.TryTake(out var heldBack))
        {
            LogSearch(jobs.Count, retries.Explain(fault).Reason, heldBack);
        }

        var search = new Search();
        await HalveAsync(jobs, fault, search, cancellationToken);
        return search.NotTaken;
    }

    /// <summary>Goes on with jobs whose commit has failed by that.</summary>
    private async Task HalveAsync(List<PendingJob> jobs, Exception fault, Search search, CancellationToken cancellationToken)
    {
        if (jobs.Count == 1)
        {
            await DecideAsync(jobs, fault, search, cancellationToken);
            return;
        }

        var half = jobs.Count / 2;
        await TryPartAsync(jobs.GetRange(0, half), search, cancellationToken);
        await TryPartAsync(jobs.GetRange(half, jobs.Count - half), search, cancellationToken);
    }

    private async Task TryPartAsync(List<PendingJob> part, Search search, CancellationToken cancellationToken)
    {
        if (search.Failures >= FailuresOfSearch)
        {
            search.NotTaken.AddRange(part);
            return;
        }

        if (await TryCommitAsync(part, isSearch: true, cancellationToken) is { } fault)
        {
            search.Failures++;
            await HalveAsync(part, fault, search, cancellationToken);
        }
    }

    /// <summary>Goes on with one job whose row the store does not take.</summary>
    private async Task DecideAsync(List<PendingJob> one, Exception fault, Search search, CancellationToken cancellationToken)
    {
        var job = one[0];
        var explained = retries.Explain(fault);
        if (explained.Kind == StoreFaultKind.Data && job.Outcome.Outputs.Count > 0)
        {
            if (_dataLog.TryTake(out var moreData))
            {
                LogNotStorable(job.JobId, explained.Reason, moreData);
            }

            job.Replace(JobOutcome.Failed(ErrorCode.OutputInvalid, "the store cannot take the job's outputs; the worker's log says why"));
            if (await TryCommitAsync(one, isSearch: true, cancellationToken) is not { } again)
            {
                return;
            }

            explained = retries.Explain(again);
        }

        // Without outputs it is our row and no caller's, and for an unknown reason it is nobody's: no job is decided by that.
        if (_rowLog.TryTake(out var heldBack))
        {
            LogNotTaken(job.JobId, explained.Reason, heldBack);
        }

        search.NotTaken.Add(job);
    }

    /// <returns>Why it failed; null where it did not.</returns>
    private async Task<Exception?> TryCommitAsync(List<PendingJob> jobs, bool isSearch, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        IReadOnlyList<ResultRow?> first;
        try
        {
            var rows = jobs.ConvertAll(ToRow);
            first = await (isSearch ? retries.CommitOnce : retries.Commit).ExecuteAsync(
                async (state, token) => await state.store.CommitAsync(state.rows, token), (store, rows), cancellationToken);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            return retries.EndOf(fault) is { } end ? throw end : fault;
        }

        Finish(jobs, first, time.GetElapsedTime(start));
        return null;
    }

    /// <summary>What follows a commit. Nothing of it can undo the rows, and a failure is no fault of the store's.</summary>
    private void Finish(List<PendingJob> jobs, IReadOnlyList<ResultRow?> first, TimeSpan duration)
    {
        try
        {
            metrics.Committed(jobs, duration);
        }
        catch (Exception fault)
        {
            LogNotMeasured(fault);
        }

        for (var i = 0; i < jobs.Count; i++)
        {
            try
            {
                replies.Send(jobs[i], first[i]);
            }
            catch (Exception fault)
            {
                // The row stands: the next delivery is answered from it.
                LogNotReplied(fault, jobs[i].JobId);
                jobs[i].Abandon(fault);
            }
        }
    }

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
            RowCount = job.GivenRows,
            Outputs = outcome.Outputs,
            RowErrors = outcome.RowErrors,
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

    [LoggerMessage(
        EventId = 300,
        Level = LogLevel.Error,
        Message = "A commit of {Rows} row(s) failed, and not for the store's being away; looking for the row: {Reason}. {HeldBack} more such commit(s) since the last line")]
    private partial void LogSearch(int rows, string reason, long heldBack);

    [LoggerMessage(
        EventId = 301,
        Level = LogLevel.Error,
        Message = "Job {JobId}: the store cannot take its outputs; its row says so: {Reason}. {HeldBack} more such job(s) since the last line")]
    private partial void LogNotStorable(Guid jobId, string reason, long heldBack);

    [LoggerMessage(
        EventId = 303,
        Level = LogLevel.Error,
        Message = "Job {JobId}: the store does not take its row; it is tried again, and its delivery stays unacked: {Reason}. {HeldBack} more such row(s) since the last line")]
    private partial void LogNotTaken(Guid jobId, string reason, long heldBack);

    [LoggerMessage(EventId = 304, Level = LogLevel.Error, Message = "A commit could not be counted in the metrics")]
    private partial void LogNotMeasured(Exception fault);

    [LoggerMessage(EventId = 305, Level = LogLevel.Error, Message = "Job {JobId}: its row is committed, but its reply could not be made; the delivery goes back to the broker")]
    private partial void LogNotReplied(Exception fault, Guid jobId);

    /// <summary>A search for the rows that a commit fails for.</summary>
    private sealed class Search
    {
        public List<PendingJob> NotTaken { get; } = [];

        public int Failures { get; set; }
    }
}
