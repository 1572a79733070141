using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Results;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Tensors;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Batching;

/// <summary>Decides the jobs whose rows have run, or are known to be bad.</summary>
internal sealed partial class JobEnds(ModelVersion version, ResultWriter writer, ILogger logger)
{
    /// <summary>Counts rows in that have run, and decides a job that is whole.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="batchRows">Rows of the batch that they ran in.</param>
    public void Add(BatchSlice rows, int batchRows)
    {
        var job = rows.Job;
        var isWhole = job.Outputs.Complete(rows.Rows);
        // What cannot succeed any more does not wait for its other batches; the batcher drops them.
        var isOver = isWhole || job.Outputs.Problem is not null;
        if (isOver && job.TryDecide(Conclude(job, batchRows)))
        {
            writer.Enqueue(job);
        }
    }

    /// <summary>Counts rows in that have no outputs, of a job that wants its other rows answered.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="code">What their errors say.</param>
    /// <param name="error">The same for people.</param>
    /// <param name="failure">What the job's end were if it had no other rows.</param>
    public void Fail(BatchSlice rows, string code, string error, JobOutcome failure)
    {
        rows.Job.Partial!.Fail(rows.FirstRow, rows.Rows, code, error, failure);
        rows.Job.Outputs.Drop(rows.FirstRow, rows.Rows);
        Add(rows, rows.Rows);
    }

    private JobOutcome Conclude(RunnableJob job, int batchRows)
    {
        if (job.Outputs.Problem is { } unfit)
        {
            return JobOutcome.Failed(ErrorCode.OutputInvalid, unfit);
        }

        try
        {
            if (job.Partial is not null)
            {
                DropUnstorable(job);
                if (job.Outputs.GoodRows == 0)
                {
                    return job.Partial.ToFailure();
                }
            }

            var outputs = job.Outputs.ToTensors(version);
            return Storability.OutputsAreStorable(outputs, version.MaxOutputBytes, out var problem)
                ? new JobOutcome { Status = JobStatus.Succeeded, Outputs = outputs, BatchRows = batchRows, RowErrors = job.Partial?.Errors ?? [] }
                : JobOutcome.Failed(ErrorCode.OutputInvalid, problem!);
        }
        catch (Exception fault)
        {
            // The session's thread must outlive whatever one job's outputs turn out to be.
            LogOutputsInvalid(fault, job.JobId);
            return JobOutcome.Failed(ErrorCode.OutputInvalid, fault.Message);
        }
    }

    /// <summary>Takes the rows out whose texts no store can keep.</summary>
    private void DropUnstorable(RunnableJob job)
    {
        if (job.Outputs.GoodRows == 0)
        {
            return;
        }

        var places = job.Outputs.GoodPlaces();
        foreach (var (row, problem) in Storability.FindUnstorableRows(job.Outputs.ToTensors(version), places.Length))
        {
            job.Partial!.Fail(places[row], 1, ErrorCode.OutputInvalid, problem, JobOutcome.Failed(ErrorCode.OutputInvalid, problem));
            job.Outputs.DropRun(places[row]);
        }
    }

    [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "Job {JobId}: the model ran, but its outputs cannot be put together")]
    private partial void LogOutputsInvalid(Exception fault, Guid jobId);
}
