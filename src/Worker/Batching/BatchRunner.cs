using Microsoft.Extensions.Logging;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Retries;

namespace Millrace.Worker.Batching;

/// <summary>
/// Runs batches on one session, until each of their jobs has run or is known to be what makes a run fail: no neighbour pays for it. For
/// one thread at a time.
/// </summary>
internal sealed partial class BatchRunner(
    ModelVersion model,
    Batcher batcher,
    Predictor predictor,
    ResultWriter writer,
    JobRetries retries,
    RetryPipelines pipelines,
    WorkerMetrics metrics,
    TimeProvider time,
    ILogger<BatchRunner> logger)
{
    private bool _hasStopped;

    private JobEnds Ends => field ??= new JobEnds(model, writer, logger);

    private RowSearch Rows => field ??= new RowSearch(model, retries, Ends, metrics, time, logger);

    /// <summary>
    /// Runs a batch. Afterwards each of its jobs has an outcome or another attempt before it, or waits for its other batches, or is back
    /// with the broker because the worker ends.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="giveUp">Ends the wait for a device that is away.</param>
    /// <exception cref="OperationCanceledException"><paramref name="giveUp"/>.</exception>
    /// <exception cref="Microsoft.ML.OnnxRuntime.OnnxRuntimeException">The device does not come back.</exception>
    public void Run(Batch batch, CancellationToken giveUp)
    {
        try
        {
            TryRunWhole(batch, giveUp);
        }
        catch (RunStoppedException stop)
        {
            // No failure: no attempt is used up, and nothing is searched for.
            HandBack(batch, stop);
        }
    }

    private void HandBack(Batch batch, RunStoppedException stop)
    {
        if (!_hasStopped)
        {
            _hasStopped = true;
            LogStopped(model.Name, model.Version);
        }

        foreach (var slice in batch.Slices)
        {
            // Postponed, so that no other part of it decides what is not the worker's any more.
            if (slice.Job.TryPostpone())
            {
                slice.Job.Abandon(stop);
            }
        }
    }

    /// <returns>Whether it ran as it is.</returns>
    private bool TryRunWhole(Batch batch, CancellationToken giveUp)
    {
        // The limit may have been lowered since the batch was formed.
        if (model.IsBatchable && batch.Rows > batcher.MaxBatchSize)
        {
            RunParts(batch, batcher.MaxBatchSize, giveUp);
            return false;
        }

        var failure = TryRun(batch, giveUp);
        if (failure is { Cause: FailureCause.DeviceLost })
        {
            // Nobody's fault, if the new session runs it. If not, some job in it makes the device go: on CUDA an index out of range does.
            failure = TryRun(batch, giveUp);
        }

        if (failure is null)
        {
            return true;
        }

        if (failure.Cause == FailureCause.OutOfMemory && model.HalfBatch(batch.Rows) is > 0 and var half)
        {
            RunSmaller(batch, half, giveUp);
        }
        else
        {
            Search(batch, failure, giveUp);
        }

        return false;
    }

    /// <summary>Runs what was too much for the device's memory in parts, and remembers their size where all of them run.</summary>
    private void RunSmaller(Batch batch, int rows, CancellationToken giveUp)
    {
        // Where one part does not run either, it may be one job that wants the memory: no reason to keep all others to small batches.
        if (RunParts(batch, rows, giveUp) && batcher.TryLimit(rows))
        {
            LogLimited(model.Name, model.Version, rows, batch.Rows);
            metrics.BatchLimited(model.Name, model.Version, rows);
        }
    }

    private bool RunParts(Batch batch, int rows, CancellationToken giveUp)
    {
        var allRan = true;
        foreach (var part in batch.Split(rows))
        {
            allRan &= TryRunWhole(part, giveUp);
        }

        return allRan;
    }

    /// <summary>Finds every job that makes the batch fail, and runs the others.</summary>
    private void Search(Batch batch, RunFailure failure, CancellationToken giveUp)
    {
        var jobs = batch.Slices.Count;
        var runs = 0;
        var rest = Isolate(batch, failure, ref runs, giveUp);
        while (rest is not null && TryRun(rest, giveUp) is { } next)
        {
            // Where the search has cost as many runs as there are jobs, most of them fail, and alone they are found sooner.
            rest = runs < jobs ? Isolate(rest, next, ref runs, giveUp) : RunAlone(rest, giveUp);
        }
    }

    /// <summary>Finds a job that makes the batch fail, and ends its attempt.</summary>
    /// <returns>What is to be run without it; null for nothing.</returns>
    private Batch? Isolate(Batch batch, RunFailure failure, ref int runs, CancellationToken giveUp)
    {
        if (batch.Slices.Count > 1)
        {
            metrics.BatchBisected(model.Name, model.Version);
        }

        var count = 0;
        var last = failure;
        var verdict = Bisection.Find(batch.Slices, half =>
        {
            count++;
            var found = TryRun(new Batch(batch.Key, half), giveUp);
            last = found ?? last;
            return found is null;
        });
        if (!verdict.FailedAlone && retries.IsFinal(verdict.Culprit.Job, last.Cause))
        {
            // With no attempt left, a job must have failed by itself. With one left it has that one to itself.
            count++;
            last = TryRun(new Batch(batch.Key, [verdict.Culprit]), giveUp);
        }

        if (last is not null)
        {
            End(batch.Key, verdict.Culprit, last, giveUp);
        }

        runs += count + 1;
        return verdict.Rest.Count > 0 ? new Batch(batch.Key, verdict.Rest) : null;
    }

    private Batch? RunAlone(Batch batch, CancellationToken giveUp)
    {
        foreach (var slice in batch.Slices)
        {
            if (TryRun(new Batch(batch.Key, [slice]), giveUp) is { } failure)
            {
                End(batch.Key, slice, failure, giveUp);
            }
        }

        return null;
    }

    /// <summary>Ends the attempt of a job that is why a run failed; or goes on to find which of its rows are, where it asks for that.</summary>
    private void End(BatchKey key, BatchSlice slice, RunFailure failure, CancellationToken giveUp)
    {
        if (slice.Job.Partial is not null && retries.IsFinal(slice.Job, failure.Cause))
        {
            Rows.Search(key, slice, failure, part => TryRun(part, giveUp));
        }
        else
        {
            retries.Fail(slice.Job, failure.Cause, failure.Fault);
        }
    }

    /// <summary>Runs a batch, and decides the jobs that it makes whole.</summary>
    /// <returns>Why it failed; null where it ran.</returns>
    private RunFailure? TryRun(Batch batch, CancellationToken giveUp)
    {
        var start = time.GetTimestamp();
        try
        {
            var rows = predictor.Run(batch);
            metrics.BatchRan(model.Name, model.Version, batch.Rows, model.IsBatchable ? rows : batch.Rows, time.GetElapsedTime(start));
        }
        catch (Exception fault) when (fault is not RunStoppedException)
        {
            // Whatever it was, it becomes the error of the job that it belongs to.
            var cause = FailureCauses.Of(fault);
            metrics.BatchFailed(model.Name, model.Version, cause);
            LogBatchFailed(fault, model.Name, model.Version, batch.Slices.Count, batch.Rows, cause);
            if (cause is FailureCause.OutOfMemory or FailureCause.DeviceLost)
            {
                pipelines.Device.Execute(static (broken, _) => broken.Reopen(), predictor, giveUp);
                LogReopened(model.Name, model.Version, cause);
                metrics.SessionReopened(model.Name, model.Version, cause);
            }

            return new RunFailure(cause, fault);
        }

        foreach (var slice in batch.Slices)
        {
            Ends.Add(slice, batch.Rows);
        }

        return null;
    }

    [LoggerMessage(EventId = 204, Level = LogLevel.Warning, Message = "Model {Model} version {Version}: batches have up to {Rows} row(s) from now on; {Failed} were too many for the memory")]
    private partial void LogLimited(string model, string version, int rows, int failed);

    [LoggerMessage(EventId = 205, Level = LogLevel.Warning, Message = "Model {Model} version {Version}: a new session is in the place of one that failed: {Cause}")]
    private partial void LogReopened(string model, string version, FailureCause cause);

    [LoggerMessage(EventId = 206, Level = LogLevel.Information, Message = "Model {Model} version {Version}: the worker ends, and what it had not run goes back to the broker")]
    private partial void LogStopped(string model, string version);

    [LoggerMessage(EventId = 200, Level = LogLevel.Warning, Message = "A batch of model {Model} version {Version} failed with {Jobs} job(s), {Rows} row(s) in it: {Cause}")]
    private partial void LogBatchFailed(Exception fault, string model, string version, int jobs, int rows, FailureCause cause);
}
