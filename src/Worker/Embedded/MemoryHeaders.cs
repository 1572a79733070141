namespace Millrace.Worker.Embedded;

/// <summary>Names of the headers that stand for AMQP's properties on the in-memory transport.</summary>
internal static class MemoryHeaders
{
    public const string ContentType = "content_type";
    public const string ReplyTo = "reply_to";
    public const string CorrelationId = "correlation_id";
}
