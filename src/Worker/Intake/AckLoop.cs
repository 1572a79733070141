using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Millrace.Worker.Broker;
using RabbitMQ.Client;

namespace Millrace.Worker.Intake;

/// <summary>Tells the broker how the deliveries of one channel ended, of many in one ack where their tags allow it.</summary>
internal sealed partial class AckLoop : IDisposable
{
    // Commits that go on at once end in any order. A gap that they leave closes within a commit's time; past this it is something else.
    private static readonly TimeSpan s_longestGap = TimeSpan.FromMilliseconds(20);

    // An ack is a command in the queue's log, whatever it is for. Nobody waits for one: it only makes room in the prefetch.
    private static readonly TimeSpan s_ackPause = TimeSpan.FromMilliseconds(5);

    // What goes back is said at most so often.
    private static readonly TimeSpan s_logPause = TimeSpan.FromSeconds(1);

    private readonly IChannel _channel;
    private readonly Action<int> _told;
    private readonly string _queue;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Settled> _settled = Channel.CreateUnbounded<Settled>(new UnboundedChannelOptions { SingleReader = true });
    private readonly AckLedger _ledger = new();
    private readonly List<ulong> _singles = [];
    private readonly ITimer _gapTimer;
    private int _abandoned;
    private Exception? _abandonedFor;
    private long _toldAbandoned;
    private volatile bool _isHurried;

    /// <param name="channel">The channel.</param>
    /// <param name="told">Gets how many deliveries the broker was told of, or need not be told of because the channel is gone.</param>
    /// <param name="failed">Gets to know where no delivery is acked any more: the worker must end then.</param>
    /// <param name="queue">The queue's name, for the log.</param>
    /// <param name="time">Measures how long acks wait.</param>
    /// <param name="logger">For what goes back.</param>
    public AckLoop(IChannel channel, Action<int> told, Action<Exception> failed, string queue, TimeProvider time, ILogger logger)
    {
        (_channel, _told, _queue, _time, _logger) = (channel, told, queue, time, logger);
        _gapTimer = time.CreateTimer(_ => _settled.Writer.TryWrite(default), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Ended = Task.Run(async () =>
        {
            try
            {
                await RunAsync();
            }
            catch (Exception fault)
            {
                failed(fault);
                throw;
            }
        });
    }

    /// <summary>Ends after <see cref="End"/>, once the broker was told of all.</summary>
    public Task Ended { get; }

    /// <summary>A delivery has ended. From any thread.</summary>
    /// <param name="tag">Its delivery tag.</param>
    /// <param name="fault">Why it goes back; null where it is done.</param>
    public void Add(ulong tag, Exception? fault) => _settled.Writer.TryWrite(new Settled(tag, fault));

    /// <summary>Gathers no longer: the channel's end waits.</summary>
    public void Hurry() => _isHurried = true;

    /// <summary>No delivery comes any more.</summary>
    public void End() => _settled.Writer.TryComplete();

    public void Dispose() => _gapTimer.Dispose();

    private async Task RunAsync()
    {
        var isWaiting = false;
        while (await _settled.Reader.WaitToReadAsync())
        {
            if (!_isHurried)
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
                LogNotTold(fault.Message, _queue);
            }

            _told(count);
        }

        TellAbandoned(long.MaxValue);
    }

    /// <summary>What goes back often goes back by the hundred, for one reason.</summary>
    private void TellAbandoned(long now)
    {
        if (_abandonedFor is { } first && _time.GetElapsedTime(_toldAbandoned, now) >= s_logPause)
        {
            LogAbandoned(_abandoned, _queue, first.Message);
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
        if (_channel.IsOpen)
        {
            await _channel.BasicNackAsync(settled.Tag, multiple: false, requeue: true);
        }
    }

    private async ValueTask AckAsync(long now)
    {
        _singles.Clear();
        var last = _ledger.Take(now - (long)(s_longestGap.TotalSeconds * _time.TimestampFrequency), _singles);
        if (!_channel.IsOpen)
        {
            return;
        }

        if (last > 0)
        {
            await _channel.BasicAckAsync(last, multiple: true);
        }

        foreach (var tag in _singles)
        {
            await _channel.BasicAckAsync(tag, multiple: false);
        }
    }

    [LoggerMessage(EventId = 503, Level = LogLevel.Information, Message = "{Queue}: finished deliveries could not be acked: {Reason}. The broker hands them over again")]
    private partial void LogNotTold(string reason, string queue);

    [LoggerMessage(EventId = 504, Level = LogLevel.Warning, Message = "{Deliveries} delivery(s) went back to {Queue} since this was last said; the first: {Reason}")]
    private partial void LogAbandoned(int deliveries, string queue, string reason);

    /// <summary>A delivery that has ended. A tag of 0 is no delivery: the timer's.</summary>
    private readonly record struct Settled(ulong Tag, Exception? Fault);
}
