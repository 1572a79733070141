using Millrace.Contracts;
using Millrace.Results;
using Millrace.Worker.Batching;
using Millrace.Worker.Cancelling;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Jobs;
using Millrace.Worker.Resilience;
using Millrace.Worker.Retries;

namespace Millrace.Worker.Intake;

/// <summary>
/// Takes deliveries in and starts their jobs. Every end but the worker's own is a row, or, for a body that is no job at all, a dead letter.
/// </summary>
internal sealed class JobConsumer(
    JobAdmission admission,
    ModelCatalog catalog,
    Batchers batchers,
    IResultStore store,
    RetryPipelines retries,
    Suspects suspects,
    ResultWriter writer,
    ReplySender replies,
    DeadLetterSender deadLetters,
    VersionWaits waits,
    Cancellations cancellations,
    CancellationLookup lookup)
{
    /// <summary>Takes a delivery in. Returns at once, unless its body is large; its settlement is called at the job's end.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="gone">Ends a wait for the store or the broker, where it is of no use any more: the delivery is another worker's.</param>
    public void Consume(InboundDelivery delivery, CancellationToken gone)
    {
        try
        {
            var (job, unreadable) = Admit(delivery, gone);
            if (job is null)
            {
                _ = RefuseAsync(delivery, unreadable!, gone);
            }
            else if (job.Delivery.Redelivered && !job.IsDecided)
            {
                _ = ResumeAsync(job, gone);
            }
        }
        catch (Exception fault)
        {
            // Not the job's fault, which would be an outcome. The broker counts its deliveries.
            delivery.Settlement.Abandon(fault);
        }
    }

    /// <summary>Takes a body that is no job at all to the dead letters.</summary>
    private async Task RefuseAsync(InboundDelivery delivery, JobReading unreadable, CancellationToken gone)
    {
        try
        {
            await deadLetters.SendAsync(delivery, unreadable.Error!, gone);
            if (unreadable.Reply.Queue is not null)
            {
                await replies.SendErrorAsync(unreadable.Reply, unreadable.Error!, gone);
            }

            delivery.Settlement.Complete();
        }
        catch (Exception fault)
        {
            delivery.Settlement.Abandon(fault);
        }
    }

    /// <summary>Goes on with a job that a worker had before: it may have been committed before its ack was lost, and is not run again then.</summary>
    private async Task ResumeAsync(PendingJob job, CancellationToken gone)
    {
        try
        {
            var rows = await retries.Store.ExecuteAsync(
                async (id, token) => await store.FindAsync([id], token), job.JobId, gone);
            if (rows.Count > 0)
            {
                replies.Send(job, rows[0]);
            }
            else if (job is RunnableJob runnable)
            {
                await StartSuspectAsync(runnable, gone);
            }
            else
            {
                // It waits for its version, and did not run here: nobody died of it.
                Start(job, gone);
            }
        }
        catch (Exception fault)
        {
            job.Abandon(fault);
        }
    }

    /// <summary>Reads and checks a delivery and starts its job, unless it must be looked up in the store first.</summary>
    private (PendingJob? Job, JobReading? Unreadable) Admit(InboundDelivery delivery, CancellationToken gone)
    {
        var (job, unreadable) = admission.Admit(delivery);
        if (job is not null && (job.IsDecided || !job.Delivery.Redelivered))
        {
            Start(job, gone);
        }

        return (job, unreadable);
    }

    /// <summary>Starts a job that was with a worker before and has no row: that one may have died of it.</summary>
    private async Task StartSuspectAsync(RunnableJob job, CancellationToken cancellationToken)
    {
        catalog.Find(job.ModelName, job.ModelVersion, out var model);
        job.GroupLimit = await suspects.GroupLimitAsync(job.JobId, model.Version.MaxBatchSize, cancellationToken);
        if (job.GroupLimit == 0)
        {
            job.TryDecide(JobOutcome.Failed(
                ErrorCode.WorkerCrashed, "workers died each time they ran this job, at the end alone; it is not run again"));
        }

        Start(job, cancellationToken);
    }

    private void Start(PendingJob job, CancellationToken gone)
    {
        // In this order: a request is pushed out before it is forgotten.
        if (!job.IsDecided && !TryCancel(job) && cancellations.MayHavePushedOut(job.JobId))
        {
            _ = LookUpAsync(job, gone);
            return;
        }

        HandOn(job);
    }

    /// <summary>Starts a job whose request to be cancelled may be in the store alone.</summary>
    private async Task LookUpAsync(PendingJob job, CancellationToken gone)
    {
        try
        {
            if (await lookup.IsCancelledAsync(job.JobId, gone))
            {
                job.TryDecide(JobOutcome.Cancelled);
            }

            HandOn(job);
        }
        catch (Exception fault)
        {
            job.Abandon(fault);
        }
    }

    private void HandOn(PendingJob job)
    {
        if (job.IsDecided || TryCancel(job))
        {
            writer.Enqueue(job);
            return;
        }

        if (job is not RunnableJob runnable)
        {
            waits.Send(job);
            return;
        }

        catalog.Find(job.ModelName, job.ModelVersion, out var model);
        batchers.Of(model).Add(runnable);
        // A request that came after the first look may have been through before the job was in the batcher to be found.
        if (TryCancel(job))
        {
            writer.Enqueue(job);
        }
    }

    /// <summary>Decides a job that is to be cancelled.</summary>
    /// <returns>True where it did, and the job must be handed on.</returns>
    private bool TryCancel(PendingJob job) => cancellations.Contains(job.JobId) && job.TryDecide(JobOutcome.Cancelled);
}
