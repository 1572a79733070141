using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Broker;

namespace Millrace.Worker.Sending;

/// <summary>A reply, a dead letter, or a job that is to be tried again.</summary>
internal sealed record OutboundMessage
{
    /// <summary>Empty for the default exchange.</summary>
    public required string Exchange { get; init; }

    public required string RoutingKey { get; init; }

    public required WireBody Body { get; init; }

    /// <summary>Whether it goes to a direct reply-to: the broker returns such a mandatory one whether it was delivered or not.</summary>
    public bool IsDirectReply => Exchange.Length == 0 && DirectReplyTo.IsOne(RoutingKey);

    public string? CorrelationId { get; init; }

    public string? MessageId { get; init; }

    public string? ReplyTo { get; init; }

    /// <summary>AMQP <c>user_id</c>: this worker's login, which the broker vouches for; null for none.</summary>
    public string? UserId { get; init; }

    /// <summary>AMQP <c>timestamp</c> (UTC, to the second); null for none.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>AMQP <c>priority</c>; null for none.</summary>
    public byte? Priority { get; init; }

    /// <summary>Of a reply; null for the others.</summary>
    public JobStatus? Status { get; init; }

    /// <summary>Further headers; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }
}
