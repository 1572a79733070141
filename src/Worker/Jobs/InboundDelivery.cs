using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Worker.Jobs;

/// <summary>One hand-over of a job by the broker, whichever transport it came by.</summary>
internal sealed record InboundDelivery
{
    /// <summary>The body as it came.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>AMQP <c>content_type</c>. This and the other texts are such that they can be written back (<see cref="ShortText.Cut"/>).</summary>
    public string? ContentType { get; init; }

    /// <summary>AMQP <c>content_encoding</c>: how <see cref="Body"/> is compressed; null where nothing is said.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>The header <c>Inference-Header-Content-Length</c>: a length in the body that is not compressed.</summary>
    public int? HeaderLength { get; init; }

    /// <summary>What stands in that header in place of a number, for people; null where there is none.</summary>
    public string? HeaderLengthText { get; init; }

    /// <summary>AMQP <c>reply_to</c>.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>AMQP <c>correlation_id</c>.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>AMQP <c>message_id</c>.</summary>
    public string? MessageId { get; init; }

    /// <summary>AMQP <c>priority</c>; null where it has none.</summary>
    public byte? Priority { get; init; }

    /// <summary>AMQP <c>user_id</c>: who published it, which the broker vouches for; null where it does not say.</summary>
    public string? UserId { get; init; }

    /// <summary>How long the job has waited for a worker with its model version: the header <c>millrace-waited</c>.</summary>
    public TimeSpan Waited { get; init; }

    /// <summary>Which attempt at the job it is, from 1: the header <c>millrace-attempt</c>.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>The errors of the attempts before: the header <c>millrace-errors</c>.</summary>
    public string? Errors { get; init; }

    /// <summary>Whether it had been handed over before it went to wait: the header <c>millrace-redelivered</c>.</summary>
    public bool WasRedelivered { get; init; }

    /// <summary>Whether the broker handed it over before.</summary>
    public required bool Redelivered { get; init; }

    /// <summary>The body and what its properties say of it, to be sent on as it came.</summary>
    public WireBody ToWireBody() => new(Body, ContentType ?? "", HeaderLength, ContentEncoding);

    /// <summary>How it ends.</summary>
    public required ISettlement Settlement { get; init; }

    /// <summary>The model whose queue it came by.</summary>
    public required string QueueModel { get; init; }

    /// <summary>The lane of that queue.</summary>
    public required Lane Lane { get; init; }
}
