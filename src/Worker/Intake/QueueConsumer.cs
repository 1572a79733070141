using Microsoft.Extensions.Logging;
using Millrace.Worker.Broker;
using Millrace.Worker.Jobs;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Worker.Intake;

/// <summary>
/// The consumer of one queue on one channel, for as long as that lives: hands its deliveries on, and has the broker told how they ended
/// (<see cref="AckLoop"/>).
/// </summary>
internal sealed class QueueConsumer : AsyncDefaultBasicConsumer, IDisposable
{
    private readonly Action<RawDelivery, CancellationToken> _consume;

    // Never disposed of: it has no timer, and a late word of the channel's end may still cancel it.
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AckLoop _acks;
    private readonly OpenDeliveries _held;
    private readonly OpenDeliveries _open = new();
    private TaskCompletionSource? _filled;
    private int _fillsAt = int.MaxValue;
    private volatile bool _isClosing;

    /// <param name="channel">What it consumes on.</param>
    /// <param name="consume">Takes the deliveries.</param>
    /// <param name="held">Counts them, with those of the channels before.</param>
    /// <param name="failed">Gets to know where they are no longer acked, also after the channel is lost: the worker must end then.</param>
    /// <param name="queue">The queue's name, for the log.</param>
    /// <param name="time">Measures how long acks wait.</param>
    /// <param name="logger">For what goes back.</param>
    public QueueConsumer(
        IChannel channel,
        Action<RawDelivery, CancellationToken> consume,
        OpenDeliveries held,
        Action<Exception> failed,
        string queue,
        TimeProvider time,
        ILogger logger)
        : base(channel)
    {
        _consume = consume;
        _held = held;
        _acks = new AckLoop(channel, Forget, failed, queue, time, logger);
    }

    /// <summary>Ends, with the reason, when no delivery comes any more although nobody here has cancelled the consumer.</summary>
    public Task<string> Ended => _ended.Task;

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
        if (_isClosing)
        {
            // Unacked, and so it goes back with the channel. Handing it back by itself would bring it here again, until the broker has it
            // for a dead letter.
            return Task.CompletedTask;
        }

        _held.Add();
        if (_open.Add() >= Volatile.Read(ref _fillsAt))
        {
            Volatile.Write(ref _fillsAt, int.MaxValue);
            _filled!.TrySetResult();
        }

        // The body belongs to the client library and is taken back on return.
        var copy = BodyPool.Copy(body);
        var settlement = new TagSettlement(this, deliveryTag, copy);
        try
        {
            _consume(new RawDelivery(properties, exchange, routingKey, copy.AsMemory(0, body.Length), redelivered, settlement), _gone.Token);
        }
        catch (Exception fault)
        {
            // The client would drop it, and the delivery would be held for ever. The broker counts its deliveries.
            settlement.Abandon(fault);
        }

        return Task.CompletedTask;
    }

    /// <summary>Ends once the worker holds so many deliveries of this channel: all that the broker may hand over.</summary>
    public Task FilledAsync(int deliveries)
    {
        _filled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Before the look at the count, which a delivery does the other way round.
        Interlocked.Exchange(ref _fillsAt, deliveries);
        if (_open.Count >= deliveries)
        {
            _filled.TrySetResult();
        }

        return _filled.Task;
    }

    /// <inheritdoc cref="OpenDeliveries.AtMostAsync"/>
    public Task AtMostAsync(int most, CancellationToken cancellationToken) => _open.AtMostAsync(most, cancellationToken);

    /// <summary>The broker cancelled the consumer: its queue is gone.</summary>
    public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        _ended.TrySetResult("the queue is gone");
        return Task.CompletedTask;
    }

    public override Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason) => LoseAsync(reason.ReplyText);

    /// <summary>Takes no delivery any more, and nothing that it has may wait for the broker: the channel is gone.</summary>
    public async Task LoseAsync(string reason)
    {
        Close();
        try
        {
            await _gone.CancelAsync();
        }
        finally
        {
            // Last: whoever hears of it disposes of this.
            _ended.TrySetResult(reason);
        }
    }

    /// <summary>Takes no delivery any more.</summary>
    public void Close()
    {
        _isClosing = true;
        _acks.Hurry();
        EndIfDrained(_open.Count);
    }

    /// <summary>Waits until every delivery has ended and the broker was told. No more may come: it is closed.</summary>
    /// <exception cref="OperationCanceledException">They did not end in time.</exception>
    public Task DrainAsync(CancellationToken cancellationToken) => _acks.Ended.WaitAsync(cancellationToken);

    public void Dispose() => _acks.Dispose();

    private void Forget(int deliveries)
    {
        _held.Remove(deliveries);
        EndIfDrained(_open.Remove(deliveries));
    }

    private void EndIfDrained(int open)
    {
        if (open == 0 && _isClosing)
        {
            _acks.End();
        }
    }

    private sealed class TagSettlement(QueueConsumer consumer, ulong tag, byte[] body) : ISettlement
    {
        private byte[]? _body = body;
        private int _isSettled;

        public void Complete() => Settle(null);

        public void Abandon(Exception cause) => Settle(cause);

        public void ReleaseBody()
        {
            if (Interlocked.Exchange(ref _body, null) is { } body)
            {
                BodyPool.Instance.Return(body);
            }
        }

        private void Settle(Exception? fault)
        {
            if (Interlocked.Exchange(ref _isSettled, 1) == 0)
            {
                consumer._acks.Add(tag, fault);
            }
        }
    }
}
