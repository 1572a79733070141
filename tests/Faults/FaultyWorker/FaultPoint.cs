namespace Millrace.FaultyWorker;

/// <summary>Where on a job's way the process may end.</summary>
internal enum FaultPoint
{
    /// <summary>The delivery has arrived and is not read yet.</summary>
    AfterDequeue,

    /// <summary>A batch ran; its jobs are not handed on yet.</summary>
    AfterRun,

    /// <summary>A commit is about to be sent.</summary>
    BeforeCommit,

    /// <summary>A commit is done; no reply is sent yet.</summary>
    AfterCommit,

    /// <summary>The broker has a reply; its delivery is not acked yet.</summary>
    AfterReply,
}
