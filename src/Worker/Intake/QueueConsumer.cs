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

    private readonly JobConsumer _consumer;
    private readonly string _model;
    private readonly Lane _lane;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Settled> _settled = System.Threading.Channels.Channel.CreateUnbounded<Settled>(new UnboundedChannelOptions { SingleReader = true });
    private readonly AckLedger _ledger = new();
    private readonly List<ulong> _singles = [];
    private readonly ITimer _gapTimer;
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _settling;
    private int _open;
    private volatile bool _isClosing;

    public QueueConsumer(IChannel channel, JobConsumer consumer, string model, Lane lane, TimeProvider time, ILogger logger)
        : base(channel)
    {
        _consumer = consumer;
        _model = model;
        _lane = lane;
        _time = time;
        _logger = logger;
        _gapTimer = time.CreateTimer(_ => _settled.Writer.TryWrite(default), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _settling = Task.Run(SettleAsync);
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
        Interlocked.Increment(ref _open);
        // The body belongs to the client library and is taken back on return.
        var copy = BodyPool.Copy(body);
        var settlement = new TagSettlement(this, deliveryTag, copy);
        var delivery = AmqpDelivery.Read(properties, copy.AsMemory(0, body.Length), redelivered, settlement, _model, _lane);
        _consumer.Consume(delivery, _gone.Token);
        return Task.CompletedTask;
    }

    /// <summary>The broker cancelled the consumer: its queue is gone.</summary>
    public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        _ended.TrySetResult("the queue is gone");
        return Task.CompletedTask;
    }

    public override Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
    {
        Close();
        _ended.TrySetResult(reason.ReplyText);
        return _gone.CancelAsync();
    }

    /// <summary>Waits until every delivery has ended and the broker was told. No more may come: the consumer is cancelled.</summary>
    /// <exception cref="OperationCanceledException">They did not end in time.</exception>
    public Task DrainAsync(CancellationToken cancellationToken)
    {
        Close();
        return _settling.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _gapTimer.Dispose();
        _gone.Dispose();
    }

    private void Close()
    {
        _isClosing = true;
        EndIfDrained(Volatile.Read(ref _open));
    }

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

            EndIfDrained(Interlocked.Add(ref _open, -count));
        }
    }

    private async ValueTask TakeAsync(Settled settled, long now)
    {
        if (settled.Fault is null)
        {
            _ledger.Add(settled.Tag, now);
            return;
        }

        LogAbandoned(settled.Fault.Message, _model);
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

    [LoggerMessage(EventId = 504, Level = LogLevel.Warning, Message = "A delivery of model {Model} goes back to its queue: {Reason}")]
    private partial void LogAbandoned(string reason, string model);

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
