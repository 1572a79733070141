using Millrace.Worker.Jobs;

namespace Millrace.Worker.Retries;

/// <summary>Where a job waits for its next attempt: the broker, or, embedded, the worker's own batcher.</summary>
internal interface IRetryRoute
{
    /// <summary>Whether a job that goes this way may come to another worker.</summary>
    bool ReachesOthers { get; }

    /// <summary>Takes a postponed job over. Returns at once.</summary>
    void Send(PendingJob job, JobRetry retry);
}
