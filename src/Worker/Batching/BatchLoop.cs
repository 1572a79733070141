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
/// One session's loop: take a batch, run it, hand its jobs on. It has a thread of its own, because a run blocks for as long as the
/// device takes; the commit and the replies of the last batches go on beside it.
/// </summary>
internal sealed partial class BatchLoop(
    ServedModel model,
    Predictor predictor,
    ResultWriter writer,
    Suspects suspects,
    WorkerMetrics metrics,
    TimeProvider time,
    ILogger<BatchLoop> logger)
{
    private readonly Batcher _batcher = model.Batcher;

    /// <summary>Starts the thread. The task ends with it: after <see cref="Batcher.Close"/>, once nothing waits any more.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="giveUp">Ends the wait for a store that is away.</param>
    public Task Start(string name, CancellationToken giveUp)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Run(giveUp);
                ended.SetResult();
            }
            catch (Exception fault)
            {
                ended.SetException(fault);
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        return ended.Task;
    }

    private void Run(CancellationToken giveUp)
    {
        var expired = new List<PendingJob>();
        do
        {
            expired.Clear();
            var batch = _batcher.Take(expired);
            foreach (var job in expired)
            {
                Decide(job, new JobOutcome
                {
                    Status = JobStatus.Expired,
                    Code = ErrorCode.DeadlineExceeded,
                    Error = "parameters.deadline: passed before the job could run",
                });
            }

            if (batch is { IsSuspect: true })
            {
                RunSuspects(batch, giveUp);
            }
            else if (batch is not null)
            {
                RunOrBisect(batch);
            }
            else if (expired.Count == 0)
            {
                // Nothing to run and nothing expired: the batcher is closed.
                return;
            }
        }
        while (true);
    }

    private void RunSuspects(Batch batch, CancellationToken giveUp)
    {
        var jobs = batch.Slices.Select(slice => slice.Job).ToArray();
        var ids = Array.ConvertAll(jobs, job => job.JobId);
        LogSuspects(model.Version.Name, model.Version.Version, ids.Length, ids[0]);
        try
        {
            suspects.AccuseAsync(ids, giveUp).GetAwaiter().GetResult();
            RunOrBisect(batch);
            suspects.AcquitAsync(ids, giveUp).GetAwaiter().GetResult();
        }
        catch (Exception fault)
        {
            // Without the note they may not run; the worker ends, or the store will not take it. The broker keeps those without a row.
            LogNotNoted(fault, ids.Length);
            Array.ForEach(jobs, job => job.Abandon(fault));
        }
    }

    /// <summary>Runs a batch; one that fails is halved until the job that it fails for is alone, so that no neighbour pays for it.</summary>
    private void RunOrBisect(Batch batch)
    {
        var start = time.GetTimestamp();
        try
        {
            var rows = predictor.Run(batch);
            metrics.BatchRan(model.Version, batch.Rows, rows, time.GetElapsedTime(start));
        }
        catch (Exception fault)
        {
            // Whatever it was, it becomes the outcome of the job that it belongs to.
            metrics.BatchFailed(model.Version);
            LogBatchFailed(fault, model.Version.Name, model.Version.Version, batch.Slices.Count, batch.Rows);
            Bisect(batch, fault);
            return;
        }

        foreach (var slice in batch.Slices)
        {
            if (slice.Job.Outputs.Complete(slice.Rows))
            {
                Decide(slice.Job, Succeed(slice.Job, batch.Rows));
            }
        }
    }

    private void Bisect(Batch batch, Exception fault)
    {
        if (batch.Slices.Count == 1)
        {
            Decide(batch.Slices[0].Job, JobOutcome.Failed(ErrorCode.InferenceFailed, $"the model could not run the job: {fault.Message}"));
            return;
        }

        var half = batch.Slices.Count / 2;
        RunOrBisect(new Batch(batch.Key, [.. batch.Slices.Take(half)]));
        RunOrBisect(new Batch(batch.Key, [.. batch.Slices.Skip(half)]));
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

    private void Decide(PendingJob job, JobOutcome outcome)
    {
        if (job.TryDecide(outcome))
        {
            writer.Enqueue(job);
        }
    }

    [LoggerMessage(EventId = 202, Level = LogLevel.Information, Message = "Model {Model} version {Version}: {Jobs} redelivered job(s) run apart, the first is {JobId}")]
    private partial void LogSuspects(string model, string version, int jobs, Guid jobId);

    [LoggerMessage(EventId = 203, Level = LogLevel.Error, Message = "{Jobs} redelivered job(s) could not be noted as suspects, and go back to the broker")]
    private partial void LogNotNoted(Exception fault, int jobs);

    [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "Job {JobId}: the model ran, but its outputs cannot be put together")]
    private partial void LogOutputsInvalid(Exception fault, Guid jobId);

    [LoggerMessage(EventId = 200, Level = LogLevel.Warning, Message = "A batch of model {Model} version {Version} failed with {Jobs} job(s), {Rows} row(s) in it")]
    private partial void LogBatchFailed(Exception fault, string model, string version, int jobs, int rows);
}
