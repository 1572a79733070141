namespace Millrace.Producer;

/// <summary>No reply came in time. The job may still run, and its row still be committed: the store knows it by its id.</summary>
public sealed class ReplyTimeoutException : TimeoutException
{
    internal ReplyTimeoutException(Guid jobId, TimeSpan timeout)
        : base($"Job {jobId}: no reply within {timeout.TotalSeconds:0.###} s.")
    {
        JobId = jobId;
        Timeout = timeout;
    }

    /// <summary>The job that was not answered.</summary>
    public Guid JobId { get; }

    /// <summary>How long was waited.</summary>
    public TimeSpan Timeout { get; }
}
