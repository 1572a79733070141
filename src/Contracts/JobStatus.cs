namespace Millrace.Contracts;

/// <summary>How a job ended. Every status is final.</summary>
public enum JobStatus
{
    /// <summary>The outputs are there.</summary>
    Succeeded,

    /// <summary>The job cannot be run as it was sent: the caller's fault. Sending it again changes nothing.</summary>
    Rejected,

    /// <summary>Ours: every attempt failed.</summary>
    Failed,

    /// <summary>Its deadline passed before it ran.</summary>
    Expired,

    /// <summary>Taken back before it ran.</summary>
    Cancelled,
}
