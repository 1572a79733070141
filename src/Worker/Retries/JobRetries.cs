using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Delivery;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;

namespace Millrace.Worker.Retries;

/// <summary>What becomes of a job that the model could not run: another attempt, or the row <c>failed</c> with every attempt's error.</summary>
internal sealed partial class JobRetries(
    IOptions<RetryOptions> options, IRetryRoute route, ResultWriter writer, WorkerMetrics metrics, ILogger<JobRetries> logger)
{
    private readonly IReadOnlyList<TimeSpan> _delays = options.Value.DelayList;

    private bool IsLastAttempt(PendingJob job) => job.Attempt >= options.Value.Attempts;

    /// <summary>Whether a failure is the job's end: there is no further attempt, or it would fail in the same way.</summary>
    public bool IsFinal(PendingJob job, FailureCause cause) => cause == FailureCause.Refused || IsLastAttempt(job);

    /// <summary>How a job ends by such a failure.</summary>
    public static JobOutcome ToFailure(PendingJob job, FailureCause cause, Exception fault) =>
        JobOutcome.Failed(CodeOf(cause), AttemptErrors.Add(job.Errors, job.Attempt, fault.Message));

    /// <summary>Takes a job whose run failed.</summary>
    public void Fail(PendingJob job, FailureCause cause, Exception fault)
    {
        var failure = ToFailure(job, cause, fault);
        if (IsFinal(job, cause))
        {
            LogFailed(job.JobId, job.Attempt, failure.Code!, cause);
            if (job.TryDecide(failure))
            {
                writer.Enqueue(job);
            }
        }
        else if (job.TryPostpone())
        {
            var delay = _delays[Math.Min(job.Attempt, _delays.Count) - 1];
            LogRetry(job.JobId, job.Attempt, cause, delay);
            metrics.Retried(job, cause);
            route.Send(job, new JobRetry(job.Attempt + 1, delay, failure.Code!, failure.Error!));
        }
    }

    private static string CodeOf(FailureCause cause) => cause == FailureCause.TimeLimit ? ErrorCode.RunTimeout : ErrorCode.InferenceFailed;

    [LoggerMessage(EventId = 410, Level = LogLevel.Warning, Message = "Job {JobId} could not be run, attempt {Attempt}: {Cause}; it is tried again in {Delay}")]
    private partial void LogRetry(Guid jobId, int attempt, FailureCause cause, TimeSpan delay);

    [LoggerMessage(EventId = 411, Level = LogLevel.Warning, Message = "Job {JobId} could not be run, attempt {Attempt}, the last one: {Code}, {Cause}")]
    private partial void LogFailed(Guid jobId, int attempt, string code, FailureCause cause);
}
