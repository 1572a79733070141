using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Results;
using Millrace.Worker.Cancelling;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Intake;

/// <summary>
/// Takes deliveries in and starts their jobs. Every end but the worker's own is a row, or, for a body that is no job at all, a dead letter.
/// </summary>
internal sealed class JobConsumer(
    DeliveryReader reader,
    ModelCatalog catalog,
    IResultStore store,
    RetryPipelines retries,
    Suspects suspects,
    ResultWriter writer,
    ReplySender replies,
    DeadLetterSender deadLetters,
    Cancellations cancellations,
    IOptions<LimitsOptions> limits,
    TimeProvider time)
{
    private readonly int _maxRows = limits.Value.MaxRows;

    /// <summary>Takes a delivery in. Returns at once, unless its body is large; its settlement is called at the job's end.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="gone">Ends a wait for the store or the broker, where it is of no use any more: the delivery is another worker's.</param>
    public void Consume(InboundDelivery delivery, CancellationToken gone)
    {
        try
        {
            var (job, unreadable) = Admit(delivery);
            if (job is null)
            {
                _ = RefuseAsync(delivery, unreadable!, gone);
            }
            else if (delivery.Redelivered && !job.IsDecided)
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
            else
            {
                await StartSuspectAsync(job, gone);
            }
        }
        catch (Exception fault)
        {
            job.Abandon(fault);
        }
    }

    /// <summary>Reads and checks a delivery and starts its job, unless it must be looked up in the store first.</summary>
    private (PendingJob? Job, JobReading? Unreadable) Admit(InboundDelivery delivery)
    {
        var batcher = catalog.Newest(delivery.QueueModel).Batcher;
        batcher.Announce();
        try
        {
            var reading = reader.Read(delivery);
            if (!reading.IsJob && !reading.Error.IsReadable)
            {
                return (null, reading);
            }

            var job = ToPendingJob(delivery, reading);
            if (job.IsDecided || !delivery.Redelivered)
            {
                Start(job);
            }

            return (job, null);
        }
        finally
        {
            batcher.Settle();
        }
    }

    /// <summary>Starts a job that was with a worker before and has no row: that one may have died of it.</summary>
    private async Task StartSuspectAsync(PendingJob job, CancellationToken cancellationToken)
    {
        catalog.Find(job.ModelName, job.ModelVersion, out var model);
        job.GroupLimit = await suspects.GroupLimitAsync(job.JobId, model.Version.MaxBatchSize, cancellationToken);
        if (job.GroupLimit == 0)
        {
            job.TryDecide(JobOutcome.Failed(
                ErrorCode.WorkerCrashed, "workers died each time they ran this job, at the end alone; it is not run again"));
        }

        Start(job);
    }

    private void Start(PendingJob job)
    {
        if (job.IsDecided || TryCancel(job))
        {
            writer.Enqueue(job);
            return;
        }

        catalog.Find(job.ModelName, job.ModelVersion, out var model);
        model.Batcher.Add(job);
        // A request that came after the first look may have been through before the job was in the batcher to be found.
        if (TryCancel(job))
        {
            writer.Enqueue(job);
        }
    }

    /// <summary>Decides a job that is to be cancelled.</summary>
    /// <returns>True where it did, and the job must be handed on.</returns>
    private bool TryCancel(PendingJob job) => cancellations.Contains(job.JobId) && job.TryDecide(JobOutcome.Cancelled);

    private PendingJob ToPendingJob(InboundDelivery delivery, JobReading reading)
    {
        if (!reading.IsJob)
        {
            return Decided(
                delivery, reading, reading.Error.ModelName, reading.Error.ModelVersion, PayloadHash.Of(delivery.Body.Span),
                JobOutcome.Rejected(reading.Error.Code, reading.Error.Message));
        }

        var job = reading.Job;
        var name = job.ModelName ?? delivery.QueueModel;
        var hash = PayloadHash.Of(job, name);
        if (catalog.Find(name, job.ModelVersion, out var model) is { } unknown)
        {
            return Decided(delivery, reading, name, job.ModelVersion, hash, unknown);
        }

        var validation = JobValidator.Validate(job, model.Version, _maxRows);
        var rejection = ParameterReader.Read(job, time, out var parameters);
        if ((validation.Rejection ?? rejection) is { } fault)
        {
            return Decided(delivery, reading, name, model.Version.Version, hash, fault);
        }

        var admission = validation.Admission!;
        return new PendingJob
        {
            JobId = reading.JobId,
            Delivery = delivery,
            Attempt = delivery.Attempt,
            Errors = delivery.Errors,
            ModelName = name,
            ModelVersion = model.Version.Version,
            Lane = delivery.Lane,
            Reply = reading.Reply,
            PayloadHash = hash,
            ReceivedAt = time.GetUtcNow(),
            ReceivedTimestamp = time.GetTimestamp(),
            DeadlineTimestamp = parameters.DeadlineTimestamp,
            RunId = parameters.RunId,
            RunRow = parameters.RunRow,
            RowCount = admission.Rows,
            Inputs = admission.Inputs,
            Key = admission.Key,
            Outputs = new JobOutputs(model.Version, admission.Selection, admission.Rows),
        };
    }

    private PendingJob Decided(
        InboundDelivery delivery, JobReading reading, string? modelName, string? modelVersion, ReadOnlyMemory<byte> hash, JobOutcome outcome)
    {
        var job = new PendingJob
        {
            JobId = reading.JobId,
            Delivery = delivery,
            ModelName = modelName ?? delivery.QueueModel,
            ModelVersion = modelVersion,
            Lane = delivery.Lane,
            Reply = reading.Reply,
            PayloadHash = hash,
            ReceivedAt = time.GetUtcNow(),
            ReceivedTimestamp = time.GetTimestamp(),
        };
        job.TryDecide(outcome);
        return job;
    }
}
