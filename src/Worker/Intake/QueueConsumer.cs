using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Worker.Resilience;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Worker.Intake;

/// <summary>
/// The consumer of one queue on one channel, for as long as that lives: hands its deliveries on, and tells the broker how they ended, of
/// many in one ack where their tags allow it.
/// </summary>
internal sealed partial class QueueConsumer : AsyncDefaultBasicConsumer, IDisposable
{
    // Commits that go on at once end in any order. A gap that they leave closes within a commit's time; past this it is something else.
    private static readonly TimeSpan s_longestGap = TimeSpan.FromMilliseconds(20);

    // An ack is a command in the queue's log, whatever it is for. Nobody waits for one: it only makes room in the prefetch.
    private static readonly TimeSpan s_ackPause = TimeSpan.FromMilliseconds(5);

    // What goes back is said at most so often.
    private static readonly TimeSpan s_logPause = TimeSpan.FromSeconds(1);

    private readonly Action<InboundDelivery, CancellationToken> _consume;
    private readonly string _model;
    private readonly Lane _lane;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Settled> _settled = System.Threading.Channels.Channel.CreateUnbounded<Settled>(new UnboundedChannelOptions { SingleReader = true });
    private readonly AckLedger _ledger = new();
    private readonly List<ulong> _singles = [];
    private readonly ITimer _gapTimer;

    // Never disposed of: it has no timer, and a late word of the channel's end may still cancel it.
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _settling;
    private readonly OpenDeliveries _held;
    private readonly OpenDeliveries _open = new();
    private TaskCompletionSource? _filled;
    private int _fillsAt = int.MaxValue;
    private int _abandoned;
    private Exception? _abandonedFor;
    private long _toldAbandoned;
    private volatile bool _isClosing;

    /// <param name="channel">What it consumes on.</param>
    /// <param name="consume">Takes the deliveries.</param>
    /// <param name="held">Counts them, with those of the channels before.</param>
    /// <param name="failed">Gets to know where they are no longer acked, also after the channel is lost: the worker must end then.</param>
    /// <param name="model">Whose queue it is.</param>
    /// <param name="lane">Which of its queues.</param>
    /// <param name="time">Measures how long acks wait.</param>
    /// <param name="logger">For what goes back.</param>
    public QueueConsumer(
        IChannel channel,
        Action<InboundDelivery, CancellationToken> consume,
        OpenDeliveries held,
        Action<Exception> failed,
        string model,
        Lane lane,
        TimeProvider time,
        ILogger logger)
        : base(channel)
    {
        _consume = consume;
        _held = held;
        _model = model;
        _lane = lane;
        _time = time;
        _logger = logger;
        _gapTimer = time.CreateTimer(_ => _settled.Writer.TryWrite(default), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _settling = Task.Run(async () =>
        {
            try
            {
                await SettleAsync();
            }
            catch (Exception fault)
            {
                failed(fault);
                throw;
            }
        });
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
            var delivery = AmqpDelivery.Read(properties, copy.AsMemory(0, body.Length), redelivered, settlement, _model, _lane);
            _consume(delivery, _gone.Token);
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
        EndIfDrained(_open.Count);
    }

    /// <summary>Waits until every delivery has ended and the broker was told. No more may come: it is closed.</summary>
    /// <exception cref="OperationCanceledException">They did not end in time.</exception>
    public Task DrainAsync(CancellationToken cancellationToken) => _settling.WaitAsync(cancellationToken);

    public void Dispose() => _gapTimer.Dispose();

    private void EndIfDrained(int open)
    {
        if (open == 0 && _isClosing)
        {
            _settled.Writer.TryComplete();
        }
    }

    private async Task SettleAsync()
    {
        var isWaiting = false;
        while (await _settled.Reader.WaitToReadAsync())
        {
            if (!_isClosing)
            {
                await Task.Delay(s_ackPause, _time);
            }

            var count = 0;
            try
            {
                var now = _time.GetTimestamp();
                while (_settled.Reader.TryRead(out var settled))
                {
                    if (settled.Tag == 0)
                    {
                        isWaiting = false;
                        continue;
                    }

                    count++;
                    await TakeAsync(settled, now);
                }

                await AckAsync(now);
                TellAbandoned(now);
                if (_ledger.HasUntold && !isWaiting)
                {
                    isWaiting = true;
                    _gapTimer.Change(s_longestGap, Timeout.InfiniteTimeSpan);
                }
            }
            catch (Exception fault) when (BrokerFaults.IsTransient(fault) || fault is ObjectDisposedException)
            {
                // The channel is gone, and with it all that was unacked: it is delivered again, and a job with a row is answered from it.
                LogNotTold(fault.Message, _model);
            }

            _held.Remove(count);
            EndIfDrained(_open.Remove(count));
        }

        TellAbandoned(long.MaxValue);
    }

    /// <summary>What goes back often goes back by the hundred, for one reason.</summary>
    private void TellAbandoned(long now)
    {
        if (_abandonedFor is { } first && _time.GetElapsedTime(_toldAbandoned, now) >= s_logPause)
        {
            LogAbandoned(_abandoned, _model, first.Message);
            (_abandoned, _abandonedFor, _toldAbandoned) = (0, null, now);
        }
    }

    private async ValueTask TakeAsync(Settled settled, long now)
    {
        if (settled.Fault is null)
        {
            _ledger.Add(settled.Tag, now);
            return;
        }

        _abandoned++;
        _abandonedFor ??= settled.Fault;
        _ledger.AddTold(settled.Tag);
        if (Channel.IsOpen)
        {
            await Channel.BasicNackAsync(settled.Tag, multiple: false, requeue: true);
        }
    }

    private async ValueTask AckAsync(long now)
    {
        _singles.Clear();
        var last = _ledger.Take(now - (long)(s_longestGap.TotalSeconds * _time.TimestampFrequency), _singles);
        if (!Channel.IsOpen)
        {
            return;
        }

        if (last > 0)
        {
            await Channel.BasicAckAsync(last, multiple: true);
        }

        foreach (var tag in _singles)
        {
            await Channel.BasicAckAsync(tag, multiple: false);
        }
    }

    [LoggerMessage(EventId = 503, Level = LogLevel.Information, Message = "Finished deliveries of model {Model} could not be acked: {Reason}. The broker hands them over again")]
    private partial void LogNotTold(string reason, string model);

    [LoggerMessage(EventId = 504, Level = LogLevel.Warning, Message = "{Deliveries} delivery(s) of model {Model} went back to the queue since this was last said; the first: {Reason}")]
    private partial void LogAbandoned(int deliveries, string model, string reason);

    /// <summary>A delivery that has ended. A tag of 0 is no delivery: the timer's.</summary>
    private readonly record struct Settled(ulong Tag, Exception? Fault);

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
                consumer._settled.Writer.TryWrite(new Settled(tag, fault));
            }
        }
    }
}
