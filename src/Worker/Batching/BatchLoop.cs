using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Jobs;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Batching;

/// <summary>
/// One session's loop: take a batch, run it, hand its jobs on. It has a thread of its own, because a run blocks for as long as the
/// device takes; the commit and the replies of the last batches go on beside it.
/// </summary>
internal sealed partial class BatchLoop(
    ModelVersion model,
    Batcher batcher,
    BatchRunner runner,
    ResultWriter writer,
    Suspects suspects,
    WorkPace pace,
    TimeProvider time,
    ILogger<BatchLoop> logger)
{
    // What it runs, or was running when it failed.
    private volatile Batch? _running;

    /// <summary>Starts the thread. The task ends with it: after <see cref="Batcher.Close"/>, once nothing waits any more.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="giveUp">Ends the wait for a store or a device that is away.</param>
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

    /// <summary>
    /// Hands back what it runs, or ran when it failed: the worker does not wait for it. From any thread; what comes of the run afterwards
    /// changes nothing.
    /// </summary>
    /// <returns>The jobs.</returns>
    public IReadOnlyList<PendingJob> HandBack()
    {
        var jobs = new List<PendingJob>();
        foreach (var slice in _running?.Slices ?? [])
        {
            if (slice.Job.TryPostpone())
            {
                jobs.Add(slice.Job);
                slice.Job.Abandon(new RunStoppedException());
            }
        }

        return jobs;
    }

    private void Run(CancellationToken giveUp)
    {
        var expired = new List<PendingJob>();
        do
        {
            expired.Clear();
            var batch = batcher.Take(expired);
            foreach (var job in expired)
            {
                Decide(job, new JobOutcome
                {
                    Status = JobStatus.Expired,
                    Code = ErrorCode.DeadlineExceeded,
                    Error = job.Errors is null
                        ? "parameters.deadline: passed before the job could run"
                        : $"parameters.deadline: passed before the job could run again; {job.Errors}",
                });
            }

            if (batch is not null)
            {
                _running = batch;
                if (batch.IsSuspect)
                {
                    RunSuspects(batch, giveUp);
                }
                else
                {
                    RunMeasured(batch, giveUp);
                }

                _running = null;
            }
            else if (expired.Count == 0)
            {
                // Nothing to run and nothing expired: the batcher is closed.
                return;
            }
        }
        while (true);
    }

    private void RunMeasured(Batch batch, CancellationToken giveUp)
    {
        var start = time.GetTimestamp();
        runner.Run(batch, giveUp);
        pace.Add(batch, time.GetElapsedTime(start));
    }

    private void RunSuspects(Batch batch, CancellationToken giveUp)
    {
        var jobs = batch.Slices.Select(slice => slice.Job).ToArray();
        var ids = Array.ConvertAll(jobs, job => job.JobId);
        LogSuspects(model.Name, model.Version, ids.Length, ids[0]);
        // Without the note they may not run.
        if (TryNote(() => suspects.AccuseAsync(ids, giveUp), jobs))
        {
            // A device that does not come back ends the loop, as in any other run; the note stays, as it does where the process dies.
            RunMeasured(batch, giveUp);
            TryNote(() => suspects.AcquitAsync(ids, giveUp), jobs);
        }
    }

    private bool TryNote(Func<Task> note, PendingJob[] jobs)
    {
        try
        {
            note().GetAwaiter().GetResult();
            return true;
        }
        catch (Exception fault)
        {
            // The worker ends, or the store will not take it. The broker keeps those without a row.
            LogNotNoted(fault, jobs.Length);
            Array.ForEach(jobs, job => job.Abandon(fault));
            return false;
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
}
