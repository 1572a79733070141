using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;

namespace Millrace.Worker.Retries;

/// <summary>
/// Jobs that name a version which this worker lacks of a model that it serves. Workers of one queue may have other versions, while a new one is
/// rolled out for one: such a job goes back by the way of the retries, for another worker to take, until it has waited as long as it may.
/// </summary>
internal sealed partial class VersionWaits(
    IOptions<RetryOptions> options, IRetryRoute route, WorkerMetrics metrics, TimeProvider time, ILogger<VersionWaits> logger)
{
    private readonly TimeSpan _most = route.ReachesOthers ? options.Value.VersionWait : TimeSpan.Zero;
    private readonly LogPace _pace = new(time, TimeSpan.FromMinutes(1));

    /// <summary>Whether a job waits.</summary>
    /// <param name="delivery">What it came by.</param>
    /// <param name="version">What it names, where that is the name of a version at all.</param>
    /// <param name="rejection">Why it cannot run here; told with how long the job has waited where it waits no more.</param>
    /// <returns>The wait that is next; null for none.</returns>
    public VersionWait? Next(InboundDelivery delivery, string? version, ref JobOutcome rejection)
    {
        if (rejection.Code != ErrorCode.ModelVersionNotFound || !IsVersion(version))
        {
            return null;
        }

        if (delivery.Waited < _most)
        {
            return new VersionWait(delivery.Waited + VersionWait.DelayAfter(delivery.Waited), rejection.Error!);
        }

        if (delivery.Waited > TimeSpan.Zero)
        {
            rejection = JobOutcome.Rejected(
                rejection.Code!, $"{rejection.Error}; no other worker took it in {delivery.Waited.TotalSeconds:0} s either (Retries:VersionWait)");
        }

        return null;
    }

    /// <summary>Sends a job to its wait, unless it was decided meanwhile.</summary>
    public void Send(PendingJob job)
    {
        if (!job.TryPostpone())
        {
            return;
        }

        metrics.WaitsForVersion(job);
        if (_pace.TryTake(out var heldBack))
        {
            LogWaits(job.JobId, job.ModelVersion!, job.ModelName, _most, heldBack);
        }

        var wait = job.Wait!;
        route.Send(job, new JobRetry(job.Attempt, VersionWait.DelayAfter(job.Delivery.Waited), ErrorCode.ModelVersionNotFound, job.Errors ?? "") { Wait = wait });
    }

    /// <summary>Versions are numbers; what is none is nobody's.</summary>
    private static bool IsVersion(string? version) => version is { Length: > 0 and <= 20 } && version.All(char.IsAsciiDigit);

    [LoggerMessage(
        EventId = 521,
        Level = LogLevel.Warning,
        Message = "Job {JobId} names version {Version} of model {Model}, which this worker does not have: it goes back for another worker, for {Most} in all (Retries:VersionWait). {HeldBack} more since the last such line")]
    private partial void LogWaits(Guid jobId, string version, string model, TimeSpan most, long heldBack);
}
