namespace Millrace.Results;

/// <summary>Why a reply could not be delivered, as <c>undeliverable_reason</c> says it. Programs may branch on them.</summary>
public static class UndeliverableReason
{
    /// <summary>No queue of that name is there, or the caller of a direct reply-to is gone.</summary>
    public const string NoQueue = "no_queue";

    /// <summary>The queue refused the reply each time that it was tried: it is full, and made with <c>reject-publish</c>.</summary>
    public const string Refused = "refused";

    /// <summary>The reply is larger than the broker's <c>max_message_size</c>. The caller got a short error reply in its place.</summary>
    public const string TooLarge = "too_large";

    /// <summary>The address or the correlation id is longer than AMQP's 255 bytes.</summary>
    public const string NotWritable = "not_writable";

    /// <summary>The broker closed the channel over the reply each time that it was tried, alone at last.</summary>
    public const string ClosesChannel = "closes_channel";

    private const string Redelivered = " (redelivered)";

    /// <summary>
    /// The reason, for a job that a worker had before and that had its row already: that worker may have answered it before it was lost.
    /// </summary>
    public static string AfterRedelivery(string reason) => reason + Redelivered;
}
