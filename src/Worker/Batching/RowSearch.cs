using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Retries;

namespace Millrace.Worker.Batching;

/// <summary>
/// Finds the rows that a job's run fails for, as culprits are found within a batch, where the job wants its other rows answered
/// (<see cref="JobParameters.Partial"/>). One job's search takes no more than <see cref="PartialRows.MostRuns"/> runs: what was not run by itself by
/// then has no answer.
/// </summary>
internal sealed partial class RowSearch(
    ModelVersion version, JobRetries retries, JobEnds ends, WorkerMetrics metrics, TimeProvider time, ILogger logger)
{
    /// <summary>Searches rows that have failed by themselves, for good.</summary>
    /// <param name="key">Of their batch.</param>
    /// <param name="rows">They.</param>
    /// <param name="failure">Why.</param>
    /// <param name="tryRun">Runs a batch, and says why it failed; null where it ran.</param>
    public void Search(BatchKey key, BatchSlice rows, RunFailure failure, Func<Batch, RunFailure?> tryRun)
    {
        metrics.RowsSearched(version.Name, version.Version);
        var search = new State(key, rows.Job, tryRun, failure);
        var before = rows.Job.Partial!.Runs;
        for (BatchSlice? rest = rows; rest is { } left && !rows.Job.IsDecided;)
        {
            // Where the search has cost as many runs as there are rows, most of them fail, and alone they are found sooner.
            rest = rows.Job.Partial.Runs - before < rows.Rows ? Isolate(search, left) : RunAlone(search, left);
            if (rest is { } next && (rows.Job.IsDecided || TryRun(search, next)))
            {
                return;
            }
        }
    }

    /// <summary>Finds a row that makes them fail.</summary>
    /// <returns>Those that are to be run without it; null for none.</returns>
    private BatchSlice? Isolate(State search, BatchSlice rows)
    {
        var isOver = false;
        var verdict = Bisection.Find([.. Enumerable.Range(rows.FirstRow, rows.Rows)], half =>
        {
            isOver = isOver || !MayGoOn(search.Job);
            return !isOver && TryRun(search, rows with { FirstRow = half[0], Rows = half.Count });
        });
        var culprit = rows with { FirstRow = verdict.Culprit, Rows = 1 };
        var rest = rows with { FirstRow = verdict.Culprit + 1, Rows = verdict.Rest.Count };
        if (isOver || (!verdict.FailedAlone && !MayGoOn(search.Job)))
        {
            GiveUp(search, culprit with { Rows = 1 + rest.Rows });
            return null;
        }

        // It is what is left of those that failed. To have failed, it must do so by itself.
        if (verdict.FailedAlone || !TryRun(search, culprit))
        {
            End(search, culprit);
        }

        return rest.Rows > 0 ? rest : null;
    }

    private BatchSlice? RunAlone(State search, BatchSlice rows)
    {
        for (var i = 0; i < rows.Rows && !search.Job.IsDecided; i++)
        {
            if (!MayGoOn(search.Job))
            {
                GiveUp(search, rows with { FirstRow = rows.FirstRow + i, Rows = rows.Rows - i });
                return null;
            }

            var row = rows with { FirstRow = rows.FirstRow + i, Rows = 1 };
            if (!TryRun(search, row))
            {
                End(search, row);
            }
        }

        return null;
    }

    private bool MayGoOn(RunnableJob job) => !job.IsDecided && job.Partial!.MaySearch(version.RunTimeout);

    private bool TryRun(State search, BatchSlice rows)
    {
        var start = time.GetTimestamp();
        var failure = search.TryRun(new Batch(search.Key, [rows]));
        search.Job.Partial!.AddRun(time.GetElapsedTime(start));
        search.Failure = failure ?? search.Failure;
        return failure is null;
    }

    /// <summary>Ends a row that failed by itself; or the job's attempt, where that may heal.</summary>
    private void End(State search, BatchSlice row)
    {
        var failure = search.Failure;
        if (!retries.IsFinal(search.Job, failure.Cause))
        {
            retries.Fail(search.Job, failure.Cause, failure.Fault);
            return;
        }

        var outcome = JobRetries.ToFailure(search.Job, failure.Cause, failure.Fault);
        ends.Fail(row, outcome.Code!, failure.Fault.Message.ReplaceLineEndings(" ").Trim(), outcome);
    }

    private void GiveUp(State search, BatchSlice rows)
    {
        if (search.Job.IsDecided)
        {
            return;
        }

        var failure = search.Failure;
        LogGivenUp(search.Job.JobId, rows.Rows, search.Job.Partial!.Runs);
        ends.Fail(
            rows,
            ErrorCode.RowNotRun,
            $"not run by itself: after {search.Job.Partial!.Runs} runs the search for the job's bad rows has ended; send it in a smaller job",
            JobRetries.ToFailure(search.Job, failure.Cause, failure.Fault));
    }

    [LoggerMessage(
        EventId = 211,
        Level = LogLevel.Warning,
        Message = "Job {JobId}: {Rows} of its rows have no answer, for the search for its bad rows has ended after {Runs} run(s)")]
    private partial void LogGivenUp(Guid jobId, int rows, int runs);

    private sealed class State(BatchKey key, RunnableJob job, Func<Batch, RunFailure?> tryRun, RunFailure failure)
    {
        public BatchKey Key { get; } = key;

        public RunnableJob Job { get; } = job;

        public Func<Batch, RunFailure?> TryRun { get; } = tryRun;

        /// <summary>The last one.</summary>
        public RunFailure Failure { get; set; } = failure;
    }
}
