using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Broker;

namespace Millrace.Worker.Intake;

/// <summary>
/// Whether a reply may go where a caller wants it. The worker may write to queues that the caller may not write to, and it writes over channels
/// that all callers share: what would reach the one or break the other is refused at the door. Pure.
/// </summary>
internal static class ReplyAddress
{
    private const int ExcerptLength = 60;

    private const string Remedy = "publish the job under a new id with a queue of your own, or amq.rabbitmq.reply-to";

    /// <param name="queue">The queue; at most what AMQP carries (<see cref="ShortText.Cut"/>).</param>
    /// <param name="field">Where the job names it.</param>
    /// <returns>Why no reply may go there: what was found, what was expected. Null where one may.</returns>
    public static string? Refusal(string queue, string field)
    {
        if (BrokerNames.IsReserved(queue))
        {
            return Refuse(queue, field, "is a name of Millrace's own (millrace, millrace.*), and replies there would be taken for jobs or dead letters");
        }

        if (!ShortText.IsIntact(queue) || queue.Contains('\0', StringComparison.Ordinal))
        {
            return Refuse(queue, field, "has bytes that are no UTF-8 or zero, expected the name of a queue");
        }

        if (!ShortText.Fits(queue))
        {
            return Refuse(queue, field, $"is longer than the {ShortText.MaxBytes} bytes that a queue's name may have");
        }

        return DirectReplyTo.IsOne(queue) && !DirectReplyTo.IsWellFormed(queue)
            ? Refuse(queue, field, "is not as the broker writes amq.rabbitmq.reply-to into a delivery (a base64 process id, a dot, a key)")
            : null;
    }

    private static string Refuse(string queue, string field, string why)
    {
        var end = Math.Min(queue.Length, ExcerptLength);
        var excerpt = queue.Length == end ? queue : queue[..(char.IsHighSurrogate(queue[end - 1]) ? end - 1 : end)] + "…";
        return $"{field}: '{excerpt}' {why}; no reply was sent: {Remedy}";
    }
}
