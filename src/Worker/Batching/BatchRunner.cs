using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Results;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Batching;

/// <summary>
/// Runs batches on one session, until each of their jobs has run or is known to be what makes a run fail: no neighbour pays for it. For
/// one thread at a time.
/// </summary>
internal sealed partial class BatchRunner(
    ModelVersion model,
    Predictor predictor,
    ResultWriter writer,
    JobRetries retries,
    WorkerMetrics metrics,
    TimeProvider time,
    ILogger<BatchRunner> logger)
{
    /// <summary>Runs a batch. Afterwards each of its jobs has an outcome or another attempt before it, or waits for its other batches.</summary>
    public void Run(Batch batch)
    {
        var runs = 0;
        var jobs = batch.Slices.Count;
        for (var next = batch; next is not null && TryRun(next) is { } failure;)
        {
            // Where the search has cost as many runs as there are jobs, most of them fail, and alone they are found sooner.
            next = runs < jobs ? Isolate(next, failure, ref runs) : RunAlone(next);
        }
    }

    /// <summary>Finds a job that makes the batch fail, and ends its attempt.</summary>
    /// <returns>What is to be run without it; null for nothing.</returns>
    private Batch? Isolate(Batch batch, RunFailure failure, ref int runs)
    {
        if (batch.Slices.Count > 1)
        {
            metrics.BatchBisected(model);
        }

        var count = 0;
        var last = failure;
        var verdict = Bisection.Find(batch.Slices, half =>
        {
            count++;
            var found = TryRun(new Batch(batch.Key, half));
            last = found ?? last;
            return found is null;
        });
        if (!verdict.FailedAlone && retries.IsLastAttempt(verdict.Culprit.Job))
        {
            // With no attempt left, a job must have failed by itself. With one left it has that one to itself.
            count++;
            last = TryRun(new Batch(batch.Key, [verdict.Culprit]));
        }

        if (last is not null)
        {
            retries.Fail(verdict.Culprit.Job, last.Cause, last.Fault);
        }

        runs += count + 1;
        return verdict.Rest.Count > 0 ? new Batch(batch.Key, verdict.Rest) : null;
    }

    private Batch? RunAlone(Batch batch)
    {
        foreach (var slice in batch.Slices)
        {
            if (TryRun(new Batch(batch.Key, [slice])) is { } failure)
            {
                retries.Fail(slice.Job, failure.Cause, failure.Fault);
            }
        }

        return null;
    }

    /// <summary>Runs a batch, and decides the jobs that it makes whole.</summary>
    /// <returns>Why it failed; null where it ran.</returns>
    private RunFailure? TryRun(Batch batch)
    {
        var start = time.GetTimestamp();
        try
        {
            var rows = predictor.Run(batch);
            metrics.BatchRan(model, batch.Rows, rows, time.GetElapsedTime(start));
        }
        catch (Exception fault)
        {
            // Whatever it was, it becomes the error of the job that it belongs to.
            var cause = FailureCauses.Of(fault);
            metrics.BatchFailed(model, cause);
            LogBatchFailed(fault, model.Name, model.Version, batch.Slices.Count, batch.Rows, cause);
            return new RunFailure(cause, fault);
        }

        foreach (var slice in batch.Slices)
        {
            if (slice.Job.Outputs.Complete(slice.Rows) && slice.Job.TryDecide(Succeed(slice.Job, batch.Rows)))
            {
                writer.Enqueue(slice.Job);
            }
        }

        return null;
    }

    private JobOutcome Succeed(PendingJob job, int batchRows)
    {
        try
        {
            var outputs = job.Outputs.ToTensors();
            return Storability.OutputsAreStorable(outputs, out var problem)
                ? new JobOutcome { Status = JobStatus.Succeeded, Outputs = outputs, BatchRows = batchRows }
                : JobOutcome.Failed(ErrorCode.OutputInvalid, problem!);
        }
        catch (Exception fault)
        {
            // The session's thread must outlive whatever one job's outputs turn out to be.
            LogOutputsInvalid(fault, job.JobId);
            return JobOutcome.Failed(ErrorCode.OutputInvalid, fault.Message);
        }
    }

    [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "Job {JobId}: the model ran, but its outputs cannot be put together")]
    private partial void LogOutputsInvalid(Exception fault, Guid jobId);

    [LoggerMessage(EventId = 200, Level = LogLevel.Warning, Message = "A batch of model {Model} version {Version} failed with {Jobs} job(s), {Rows} row(s) in it: {Cause}")]
    private partial void LogBatchFailed(Exception fault, string model, string version, int jobs, int rows, FailureCause cause);
}
