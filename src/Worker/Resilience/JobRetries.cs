using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Delivery;
using Millrace.Worker.Intake;
using Millrace.Worker.Observability;

namespace Millrace.Worker.Resilience;

/// <summary>What becomes of a job that the model could not run: another attempt, or the row <c>failed</c> with every attempt's error.</summary>
internal sealed partial class JobRetries(
    IOptions<RetryOptions> options, IRetryRoute route, ResultWriter writer, WorkerMetrics metrics, ILogger<JobRetries> logger)
{
    private readonly IReadOnlyList<TimeSpan> _delays = options.Value.DelayList;

    /// <summary>Whether a failure of this attempt is the job's end.</summary>
    public bool IsLastAttempt(PendingJob job) => job.Attempt >= options.Value.Attempts;

    /// <summary>Takes a job whose run failed.</summary>
    public void Fail(PendingJob job, FailureCause cause, Exception fault)
    {
        var errors = AttemptErrors.Add(job.Errors, job.Attempt, fault.Message);
        var code = cause == FailureCause.TimeLimit ? ErrorCode.RunTimeout : ErrorCode.InferenceFailed;
        if (cause == FailureCause.Refused || IsLastAttempt(job))
        {
            LogFailed(job.JobId, job.Attempt, code, cause);
            if (job.TryDecide(JobOutcome.Failed(code, errors)))
            {
                writer.Enqueue(job);
            }
        }
        else if (job.TryPostpone())
        {
            var delay = _delays[Math.Min(job.Attempt, _delays.Count) - 1];
            LogRetry(job.JobId, job.Attempt, cause, delay);
            metrics.Retried(job, cause);
            route.Send(job, new JobRetry(job.Attempt + 1, delay, code, errors));
        }
    }

    [LoggerMessage(EventId = 410, Level = LogLevel.Warning, Message = "Job {JobId} could not be run, attempt {Attempt}: {Cause}; it is tried again in {Delay}")]
    private partial void LogRetry(Guid jobId, int attempt, FailureCause cause, TimeSpan delay);

    [LoggerMessage(EventId = 411, Level = LogLevel.Warning, Message = "Job {JobId} could not be run, attempt {Attempt}, the last one: {Code}, {Cause}")]
    private partial void LogFailed(Guid jobId, int attempt, string code, FailureCause cause);
}
