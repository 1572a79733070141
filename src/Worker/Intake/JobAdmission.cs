using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Inference;
using Millrace.Worker.Jobs;
using Millrace.Worker.Retries;

namespace Millrace.Worker.Intake;

/// <summary>Reads deliveries and checks them against the models: what may run, what waits, and what is decided before it could run.</summary>
internal sealed class JobAdmission(
    DeliveryReader reader, ModelCatalog catalog, RetryClaims claims, VersionWaits waits, IOptions<LimitsOptions> limits, TimeProvider time)
{
    private readonly int _maxRows = limits.Value.MaxRows;

    /// <summary>Reads a delivery.</summary>
    /// <returns>The job, decided where it is rejected; or why the body is no job at all, and so has no row either.</returns>
    public (PendingJob? Job, JobReading? Unreadable) Admit(InboundDelivery delivery)
    {
        var reading = reader.Read(delivery);
        return reading.IsJob || reading.Error.IsReadable ? (ToPendingJob(claims.Check(delivery), reading), null) : (null, reading);
    }

    private PendingJob ToPendingJob(InboundDelivery delivery, JobReading reading)
    {
        // Before any other fault: the row is where the caller finds out why no reply came.
        var refusal = reading.Reply.Refusal is { } why ? JobOutcome.Rejected(ErrorCode.ReplyToRefused, why) : null;
        if (!reading.IsJob)
        {
            return Decided(
                delivery, reading, reading.Error.ModelName, reading.Error.ModelVersion, reading.HashOf(delivery),
                refusal ?? JobOutcome.Rejected(reading.Error.Code, reading.Error.Message));
        }

        var job = reading.Job;
        var name = job.ModelName ?? delivery.QueueModel;
        var hash = PayloadHash.Of(job, name);
        if (refusal is not null)
        {
            return Decided(delivery, reading, name, job.ModelVersion, hash, refusal);
        }

        if (catalog.Find(name, job.ModelVersion, out var model) is { } unknown)
        {
            return WithoutModel(delivery, reading, name, hash, unknown);
        }

        var validation = JobValidator.Validate(job, model.Version, _maxRows);
        var rejection = ParameterReader.Read(job, time, out var parameters);
        if ((validation.Rejection ?? rejection) is { } fault)
        {
            return Decided(delivery, reading, name, model.Version.Version, hash, fault, validation.RejectedRows);
        }

        var admission = validation.Admission!.Value;
        return new RunnableJob
        {
            JobId = reading.JobId,
            Delivery = delivery,
            Inflated = reading.Inflated,
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
            GivenRows = admission.Partial?.GivenRows ?? admission.Rows,
            RowCount = admission.Rows,
            Partial = admission.Partial,
            Inputs = admission.Inputs,
            Key = admission.Key,
            Outputs = model.Version.Gather(admission.Selection, admission.Rows),
        };
    }

    /// <summary>A job whose model or version this worker does not have: it waits for one that has it, or is decided.</summary>
    private PendingJob WithoutModel(InboundDelivery delivery, JobReading reading, string name, ReadOnlyMemory<byte> hash, JobOutcome unknown)
    {
        var version = reading.Job!.ModelVersion;
        var wait = waits.Next(delivery, version, ref unknown);
        var fault = wait is null ? unknown : ParameterReader.Read(reading.Job, time, out var parameters) ?? LateFor(unknown, parameters);
        if (fault is not null)
        {
            return Decided(delivery, reading, name, version, hash, fault);
        }

        return new PendingJob
        {
            JobId = reading.JobId,
            Delivery = delivery,
            Attempt = delivery.Attempt,
            Errors = delivery.Errors,
            Wait = wait,
            ModelName = name,
            ModelVersion = version,
            Lane = delivery.Lane,
            Reply = reading.Reply,
            PayloadHash = hash,
            ReceivedAt = time.GetUtcNow(),
            ReceivedTimestamp = time.GetTimestamp(),
        };
    }

    private JobOutcome? LateFor(JobOutcome unknown, KnownParameters parameters) =>
        time.GetTimestamp() >= parameters.DeadlineTimestamp ? JobOutcome.LateForVersion(unknown.Error!) : null;

    private PendingJob Decided(
        InboundDelivery delivery,
        JobReading reading,
        string? modelName,
        string? modelVersion,
        ReadOnlyMemory<byte> hash,
        JobOutcome outcome,
        int rows = 0)
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
            GivenRows = rows,
        };
        job.TryDecide(outcome);
        return job;
    }
}
