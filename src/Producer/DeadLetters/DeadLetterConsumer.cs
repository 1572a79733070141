using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Producer.DeadLetters;

/// <summary>Hands deliveries over, unacked. The broker's prefetch bounds what waits here.</summary>
internal sealed class DeadLetterConsumer(IChannel channel, ChannelWriter<DeadLetter> letters) : AsyncDefaultBasicConsumer(channel)
{
    private int _delivered;

    /// <summary>How many it was given so far.</summary>
    public int Delivered => Volatile.Read(ref _delivered);

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
        letters.TryWrite(DeadLetterReader.Read(deliveryTag, routingKey, new BasicProperties(properties), body.ToArray()));
        Interlocked.Increment(ref _delivered);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
    {
        letters.TryComplete(new IOException($"connection lost: {reason.ReplyText} ({reason.ReplyCode})."));
        return base.HandleChannelShutdownAsync(channel, reason);
    }

    /// <inheritdoc/>
    public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        letters.TryComplete(new IOException("the queue was deleted."));
        return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
    }
}
