using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Millrace.Worker.Intake;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Xunit;

namespace Millrace.Worker.Tests.Intake;

public sealed class QueueConsumerTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ScriptedChannel _channel = ScriptedChannel.Create();
    private readonly LineLogger _lines = new();
    private readonly List<(RawDelivery Delivery, CancellationToken Gone)> _taken = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Whoever hears that it has ended disposes of it, and of the channel.</summary>
    [Fact]
    public async Task A_consumer_says_that_it_has_ended_after_it_has_cancelled_its_waits()
    {
        using var consumer = Create((delivery, gone) => _taken.Add((delivery, gone)));
        await DeliverAsync(consumer, 1);
        var hadEnded = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = _taken[0].Gone.Register(() => hadEnded.SetResult(consumer.Ended.IsCompleted));

        await consumer.HandleChannelShutdownAsync(this, new ShutdownEventArgs(ShutdownInitiator.Peer, 406, "the test took it"));

        Assert.False(await hadEnded.Task.WaitAsync(s_patience, Token));
        Assert.Equal("the test took it", await consumer.Ended.WaitAsync(s_patience, Token));
    }

    /// <summary>The client would swallow it, and the delivery would be held until the broker's consumer timeout.</summary>
    [Fact]
    public async Task A_delivery_that_cannot_be_taken_goes_back()
    {
        using var consumer = Create((_, _) => throw new InvalidOperationException("the test wants it"));

        await DeliverAsync(consumer, 1);

        Assert.Equal("nack 1", await _channel.NextAsync());
        Assert.Contains("the first: the test wants it", await _lines.NextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_goes_back_by_the_hundred_is_said_in_a_line_or_two_with_its_count()
    {
        using var consumer = Create((delivery, gone) => _taken.Add((delivery, gone)));
        await DeliverAsync(consumer, 500);

        _taken.ForEach(taken => taken.Delivery.Settlement.Abandon(new InvalidOperationException("the worker ends")));
        consumer.Close();
        await consumer.DrainAsync(Token).WaitAsync(s_patience, Token);

        Assert.InRange(_lines.Count, 1, 2);
        Assert.Equal(500, _lines.Deliveries);
    }

    private QueueConsumer Create(Action<RawDelivery, CancellationToken> consume) =>
        new(_channel.Channel, consume, new OpenDeliveries(), _ => { }, "millrace.m", TimeProvider.System, _lines);

    private static async Task DeliverAsync(QueueConsumer consumer, int count)
    {
        for (var tag = 1UL; tag <= (ulong)count; tag++)
        {
            await consumer.HandleBasicDeliverAsync("tag", tag, redelivered: false, "millrace", "m", new BasicProperties(), "{}"u8.ToArray(), Token);
        }
    }

    private sealed class LineLogger : ILogger
    {
        private readonly BlockingCollection<string> _lines = [];
        private int _deliveries;

        public int Count => _lines.Count;

        /// <summary>How many the lines speak of together.</summary>
        public int Deliveries => Volatile.Read(ref _deliveries);

        public Task<string> NextAsync() => Task.Run(() => _lines.TryTake(out var line, s_patience) ? line : throw new TimeoutException("No line."));

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (state is IReadOnlyList<KeyValuePair<string, object?>> values && values.FirstOrDefault(value => value.Key == "Deliveries").Value is int count)
            {
                Interlocked.Add(ref _deliveries, count);
            }

            _lines.Add(formatter(state, exception));
        }
    }
}
