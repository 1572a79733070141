using Millrace.Worker.Inference.Sessions;
using Xunit;

namespace Millrace.Worker.Tests.Inference.Sessions;

public sealed class RunLimitTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public void A_run_is_stopped_at_the_limit_and_the_next_one_is_not()
    {
        using var time = new ManualTime();
        using var limit = new RunLimit(s_second, time);

        limit.Start();
        time.Advance(s_second - TimeSpan.FromTicks(1));
        Assert.False(limit.Options.Terminate);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.True(limit.Options.Terminate);
        Assert.True(limit.End());
        Assert.False(limit.End());

        limit.Start();
        Assert.False(limit.Options.Terminate);
        Assert.False(limit.End());
        time.Advance(2 * s_second);
        Assert.False(limit.Options.Terminate);
    }

    [Fact]
    public void Each_run_has_the_whole_time_whenever_it_starts()
    {
        using var time = new ManualTime();
        using var limit = new RunLimit(s_second, time);
        for (var run = 0; run < 10; run++)
        {
            limit.Start();
            time.Advance(0.7 * s_second);
            Assert.False(limit.End());
        }

        limit.Start();
        time.Advance(s_second - TimeSpan.FromTicks(1));
        Assert.False(limit.Options.Terminate);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.True(limit.End());
    }

    [Fact]
    public void A_run_that_is_terminated_says_so_and_no_other_begins()
    {
        using var time = new ManualTime();
        using var limit = new RunLimit(s_second, time);

        limit.Start();
        limit.Terminate();
        Assert.True(limit.Options.Terminate);
        Assert.True(limit.End());
        Assert.IsType<RunStoppedException>(limit.ToException(new InvalidOperationException()));

        Assert.True(limit.Options.Terminate);
        Assert.Throws<RunStoppedException>(limit.Start);
    }

    [Fact]
    public void Terminating_what_is_disposed_of_touches_nothing()
    {
        using var time = new ManualTime();
        var limit = new RunLimit(s_second, time);
        limit.Dispose();

        limit.Terminate();

        Assert.Throws<RunStoppedException>(limit.Start);
    }

    /// <summary>A timer's call that is on its way when its run ends comes in the next run.</summary>
    [Fact]
    public void A_call_that_comes_late_does_not_stop_the_next_run()
    {
        using var time = new LateTime();
        using var limit = new RunLimit(s_second, time);

        limit.Start();
        time.Advance(s_second);
        Assert.False(limit.End());
        limit.Start();
        time.Call();
        Assert.False(limit.Options.Terminate);

        time.Advance(s_second);
        time.Call();
        Assert.True(limit.Options.Terminate);
        Assert.True(limit.End());
    }

    /// <summary>Time whose timers call when the test says so.</summary>
    private sealed class LateTime : TimeProvider, IDisposable
    {
        private readonly ManualTime _time = new();
        private Action _call = () => { };

        public override long TimestampFrequency => _time.TimestampFrequency;

        public override long GetTimestamp() => _time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _call = () => callback(state);
            return _time.CreateTimer(_ => { }, null, dueTime, period);
        }

        public void Advance(TimeSpan span) => _time.Advance(span);

        public void Call() => _call();

        public void Dispose() => _time.Dispose();
    }
}
