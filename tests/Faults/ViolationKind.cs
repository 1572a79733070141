namespace Millrace.Faults;

/// <summary>The promises, as what breaks them.</summary>
internal enum ViolationKind
{
    /// <summary>A confirmed job without a row.</summary>
    Missing,

    /// <summary>A job with several rows.</summary>
    Duplicate,

    /// <summary>A row of a job that nobody published.</summary>
    Invented,

    /// <summary>A row or a reply that is not what the job must end as.</summary>
    Wrong,

    /// <summary>A job whose reply did not arrive and whose row is not marked.</summary>
    Unanswered,

    /// <summary>A mark on the row of a job whose reply queue was there all the time.</summary>
    MarkedWrongly,

    /// <summary>Replies to one job that differ, or differ from the row of one that was to be cancelled.</summary>
    UnequalReplies,

    /// <summary>A row that changed after its commit.</summary>
    Changed,

    /// <summary>A queue that is not empty although every worker has ended.</summary>
    QueueNotEmpty,

    /// <summary>A dead letter that is nobody's, or whose job has no row.</summary>
    DeadLetter,
}
