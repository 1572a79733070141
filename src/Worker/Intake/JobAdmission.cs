using Microsoft.Extensions.Options;
using Millrace.Worker.Inference;

namespace Millrace.Worker.Intake;

/// <summary>Reads deliveries and checks them against the models: what may run, and what is decided before it could.</summary>
internal sealed class JobAdmission(DeliveryReader reader, ModelCatalog catalog, IOptions<LimitsOptions> limits, TimeProvider time)
{
    private readonly int _maxRows = limits.Value.MaxRows;

    /// <summary>Reads a delivery.</summary>
    /// <returns>The job, decided where it is rejected; or why the body is no job at all, and so has no row either.</returns>
    public (PendingJob? Job, JobReading? Unreadable) Admit(InboundDelivery delivery)
    {
        var reading = reader.Read(delivery);
        return reading.IsJob || reading.Error.IsReadable ? (ToPendingJob(delivery, reading), null) : (null, reading);
    }

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

        var admission = validation.Admission!.Value;
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
