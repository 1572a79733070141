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

/// <summary>A further attempt at a job.</summary>
/// <param name="Attempt">Its number; the first retry is 2.</param>
/// <param name="Delay">How long the job waits for it.</param>
/// <param name="Code">What its row would say now.</param>
/// <param name="Errors">The errors of the attempts before.</param>
internal sealed record JobRetry(int Attempt, TimeSpan Delay, string Code, string Errors)
{
    /// <summary>Set where the job waits for a worker with its model version: it was not run, and this is the attempt that it had before.</summary>
    public VersionWait? Wait { get; init; }
}
