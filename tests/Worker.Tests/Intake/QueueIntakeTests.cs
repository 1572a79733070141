using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Contracts;
using Millrace.Worker.Batching;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;
using Millrace.Worker.Resilience;
using Xunit;

namespace Millrace.Worker.Tests.Intake;

public sealed class QueueIntakeTests : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly MemoryStore _store = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly WorkPace _pace = new();
    private readonly Channel<ScriptedChannel> _opened = System.Threading.Channels.Channel.CreateUnbounded<ScriptedChannel>();
    private readonly List<RawDelivery> _taken = [];
    private bool _completesAtOnce;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _stopping.Dispose();
        await _store.DisposeAsync();
    }

    /// <summary>Nothing else would tell: the worker would hold its prefetch for ever and say Ready.</summary>
    [Fact]
    public async Task The_loop_that_acks_ends_the_worker_where_it_fails()
    {
        _completesAtOnce = true;
        var running = Run(limit: 4);
        var channel = await NextChannelAsync();
        channel.AckFault = new InvalidOperationException("the test wants it");

        await channel.DeliverAsync(1);

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => running.WaitAsync(s_patience, Token));
        Assert.Equal("the test wants it", fault.Message);
    }

    [Fact]
    public async Task The_loop_that_acks_ends_the_worker_where_it_fails_after_its_channel_is_lost()
    {
        var running = Run(limit: 4);
        var channel = await NextChannelAsync();
        await channel.DeliverAsync(1);
        channel.AckFault = new InvalidOperationException("the test wants it");
        await channel.LoseAsync();
        await NextChannelAsync();

        _taken[0].Settlement.Complete();

        await Assert.ThrowsAsync<InvalidOperationException>(() => running.WaitAsync(s_patience, Token));
    }

    [Fact]
    public async Task Whatever_is_lost_the_worker_holds_twice_the_prefetch_at_most()
    {
        var running = Run(limit: 4);
        for (var channels = 0; channels < 2; channels++)
        {
            var lost = await NextChannelAsync();
            await lost.DeliverAsync(4);
            await lost.LoseAsync();
        }

        // The store is away: nothing ends. A third channel would bring another four.
        for (var ended = 0; ended < 3; ended++)
        {
            _taken[ended].Settlement.Complete();
        }

        await Assert.ThrowsAsync<TimeoutException>(() => _opened.Reader.WaitToReadAsync(Token).AsTask().WaitAsync(TimeSpan.FromMilliseconds(300), Token));
        _taken[7].Settlement.Complete();

        var next = await NextChannelAsync();
        await next.DeliverAsync(1);
        await StopAsync(running, settle: true);
    }

    [Fact]
    public async Task The_prefetch_grows_to_the_limit_for_a_fast_model_on_the_same_channel_and_the_old_consumer_goes_first()
    {
        var running = Run(limit: 40);
        var channel = await NextChannelAsync(expectedPrefetch: 4);
        Works(TimeSpan.FromMicroseconds(10));
        await channel.DeliverAsync(4);
        await ResizesAsync(channel, "1", 16);
        await channel.DeliverAsync(16);
        // 20 are held: beside the full 40 that would be too many.
        await NextIsAsync(channel, "cancel 2");
        Assert.True(channel.IsQuiet);
        _taken.ForEach(delivery => delivery.Settlement.Complete());

        await NextIsAsync(channel, "ack 20");
        await NextIsAsync(channel, "qos 40");
        await NextIsAsync(channel, "consume 3");
        await StopAsync(running, settle: true);
    }

    [Fact]
    public async Task A_slow_models_prefetch_is_one_job_for_each_session_once_it_has_done_what_it_holds()
    {
        var running = Run(limit: 40, new LeapingTime());
        var channel = await NextChannelAsync(expectedPrefetch: 4);
        Works(TimeSpan.FromSeconds(60));
        await channel.DeliverAsync(4);

        await NextIsAsync(channel, "cancel 1");
        Assert.True(channel.IsQuiet);
        _taken.ForEach(delivery => delivery.Settlement.Complete());

        await NextIsAsync(channel, "ack 4");
        await NextIsAsync(channel, "qos 1");
        await NextIsAsync(channel, "consume 2");
        await StopAsync(running, settle: true);
    }

    [Fact]
    public async Task A_stop_is_heard_while_the_window_is_full_and_changes()
    {
        var running = Run(limit: 40);
        var channel = await NextChannelAsync();
        Works(TimeSpan.FromMicroseconds(10));
        await channel.DeliverAsync(4);
        await NextIsAsync(channel, "cancel 1");
        await _stopping.CancelAsync();
        _taken.ForEach(delivery => delivery.Settlement.Complete());

        await running.WaitAsync(s_patience, Token);
    }

    [Fact]
    public async Task A_stop_takes_nothing_any_more_and_ends_once_all_is_told()
    {
        var running = Run(limit: 4);
        var channel = await NextChannelAsync();
        await channel.DeliverAsync(2);

        await _stopping.CancelAsync();

        await NextIsAsync(channel, "cancel 1");
        await channel.DeliverAsync(1);
        Assert.Equal(2, _taken.Count);
        Assert.False(running.IsCompleted);
        _taken[0].Settlement.Complete();
        _taken[1].Settlement.Abandon(new InvalidOperationException("it goes back"));
        await running.WaitAsync(s_patience, Token);
    }

    private Task Run(int limit, TimeProvider? windowTime = null)
    {
        var window = new PrefetchWindow(_pace, Lane.Interactive, sessions: 1, () => 64, limit, maxBytes: 1 << 20, windowTime ?? TimeProvider.System);
        var pipelines = new RetryPipelines(_store, TimeProvider.System, NullLogger<RetryPipelines>.Instance);
        var intake = new QueueIntake(
            "millrace.m",
            window,
            async token =>
            {
                var script = ScriptedChannel.Create();
                await _opened.Writer.WriteAsync(script, token);
                return script.Channel;
            },
            (_, _) => Task.CompletedTask,
            (channel, held, failed) => new QueueConsumer(channel, Take, held, failed, "millrace.m", TimeProvider.System, NullLogger.Instance),
            pipelines,
            TimeProvider.System,
            NullLogger.Instance);
        return intake.RunAsync(_stopping.Token, Token);
    }

    private void Take(RawDelivery delivery, CancellationToken gone)
    {
        _taken.Add(delivery);
        if (_completesAtOnce)
        {
            delivery.Settlement.Complete();
        }
    }

    /// <summary>The session was busy with one job of one row for so long.</summary>
    private void Works(TimeSpan busy)
    {
        var job = PendingJobs.ToBatch(TimeProvider.System);
        _pace.Add(new Batch(job.Key, [new BatchSlice(job, 0, 1)]), busy);
    }

    private async Task<ScriptedChannel> NextChannelAsync(int expectedPrefetch = 4)
    {
        var channel = await _opened.Reader.ReadAsync(Token).AsTask().WaitAsync(s_patience, Token);
        await NextIsAsync(channel, $"qos {expectedPrefetch}");
        await NextIsAsync(channel, "consume 1");
        return channel;
    }

    private static async Task ResizesAsync(ScriptedChannel channel, string tag, int prefetch)
    {
        await NextIsAsync(channel, $"cancel {tag}");
        await NextIsAsync(channel, $"qos {prefetch}");
        await NextIsAsync(channel, "consume 2");
    }

    private static async Task NextIsAsync(ScriptedChannel channel, string call) => Assert.Equal(call, await channel.NextAsync());

    private async Task StopAsync(Task running, bool settle)
    {
        await _stopping.CancelAsync();
        if (settle)
        {
            _taken.ForEach(delivery => delivery.Settlement.Complete());
        }

        await running.WaitAsync(s_patience, Token);
    }

    /// <summary>Time of which a minute passes between any two looks.</summary>
    private sealed class LeapingTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Add(ref _now, 60);
    }
}
