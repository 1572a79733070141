namespace Millrace.Faults;

/// <summary>What must become of a job's reply.</summary>
internal enum ReplyDue
{
    /// <summary>It must arrive.</summary>
    Reply,

    /// <summary>Its queue was gone before the job was published: the row must be marked.</summary>
    Mark,

    /// <summary>Its queue was deleted while it was on its way: whether it was there in time cannot be told.</summary>
    Either,
}
