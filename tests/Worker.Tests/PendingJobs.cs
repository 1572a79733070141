using System.Text.Json;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Tests;

/// <summary>Pending jobs without a delivery behind them.</summary>
internal static class PendingJobs
{
    /// <summary>The parameters of a job that wants its good rows answered.</summary>
    public static IReadOnlyDictionary<string, JsonElement> AsksPartial { get; } =
        new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [JobParameters.Partial] = JsonElement.Parse("true") };

    /// <summary>A job of one input with rows of <paramref name="width"/> elements, which is only batched and not run.</summary>
    public static RunnableJob ToBatch(TimeProvider time, int rows = 1, long width = 4, Lane lane = Lane.Interactive, long deadline = long.MaxValue, Guid? id = null, InboundDelivery? delivery = null, int attempt = 1, ReplyRoute? reply = null) => new()
    {
        JobId = id ?? Guid.NewGuid(),
        Delivery = delivery ?? Delivery(),
        Attempt = attempt,
        ModelName = "m",
        ModelVersion = "1",
        Lane = lane,
        Reply = reply ?? new ReplyRoute(null, null, WireFormat.Json),
        PayloadHash = new byte[16],
        ReceivedAt = time.GetUtcNow(),
        ReceivedTimestamp = time.GetTimestamp(),
        DeadlineTimestamp = deadline,
        GivenRows = rows,
        RowCount = rows,
        Inputs = [],
        Key = new BatchKey([[width]]),
        Outputs = new JobOutputs([], haveRows: true, maxBytes: 0, [], rows),
    };

    /// <summary>A job that the model has admitted, as <see cref="JobConsumer"/> makes it.</summary>
    public static RunnableJob ToRun(ModelVersion model, TimeProvider time, IReadOnlyList<Tensor> inputs, params string[] outputs)
    {
        return ToRun(model, time, new PredictionJob { Inputs = inputs, Outputs = [.. outputs.Select(name => new RequestedOutput { Name = name })] });
    }

    /// <inheritdoc cref="ToRun(ModelVersion, TimeProvider, IReadOnlyList{Tensor}, string[])"/>
    public static RunnableJob ToRun(ModelVersion model, TimeProvider time, PredictionJob job)
    {
        var validation = JobValidator.Validate(job, model, maxRows: 65_536);
        var admission = validation.Admission ?? throw new ArgumentException(validation.Rejection!.Error, nameof(job));
        return new RunnableJob
        {
            JobId = Guid.NewGuid(),
            Delivery = Delivery(),
            ModelName = model.Name,
            ModelVersion = model.Version,
            Lane = Lane.Interactive,
            Reply = new ReplyRoute(null, null, WireFormat.Json),
            PayloadHash = new byte[16],
            ReceivedAt = time.GetUtcNow(),
            ReceivedTimestamp = time.GetTimestamp(),
            GivenRows = admission.Partial?.GivenRows ?? admission.Rows,
            RowCount = admission.Rows,
            Partial = admission.Partial,
            Inputs = admission.Inputs,
            Key = admission.Key,
            Outputs = model.Gather(admission.Selection, admission.Rows),
        };
    }

    /// <summary>Ends once such a job's delivery may be acked; fails where it is to go back.</summary>
    public static Task Settled(this PendingJob job) => ((AwaitedSettlement)job.Delivery.Settlement).Settled;

    /// <summary>What such a job would have come by.</summary>
    public static InboundDelivery Delivery() => new() { Body = "{}"u8.ToArray(), Redelivered = false, Settlement = new AwaitedSettlement(), QueueModel = "m", Lane = Lane.Interactive };
}
