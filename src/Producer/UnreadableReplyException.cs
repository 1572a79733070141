namespace Millrace.Producer;

/// <summary>What came as a job's reply is no reply of the protocol: somebody else wrote it, or a worker of another version.</summary>
public sealed class UnreadableReplyException : Exception
{
    internal UnreadableReplyException(Guid jobId, FormatException reason)
        : base($"Job {jobId}: the reply cannot be read: {reason.Message}", reason) => JobId = jobId;

    /// <summary>The job that was asked for.</summary>
    public Guid JobId { get; }
}
