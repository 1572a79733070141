using Millrace.Contracts.Wire;
using RabbitMQ.Client;

namespace Millrace.Producer;

/// <summary>Takes replies off the reply queue.</summary>
internal sealed class ReplyConsumer(IChannel channel, PendingReplies pending, Action cancelled) : AsyncDefaultBasicConsumer(channel)
{
    /// <inheritdoc/>
    public override Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        // The body belongs to the client library and is taken back on return.
        var reply = new WireBody(body.ToArray(), properties.ContentType ?? OipFormat.JsonContentType, WireFormats.HeaderLength(properties.Headers));
        pending.Complete(properties.CorrelationId, reply);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        cancelled();
        return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
    }
}
