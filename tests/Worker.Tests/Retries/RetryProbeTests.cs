using Millrace.Worker.Retries;
using Xunit;

namespace Millrace.Worker.Tests.Retries;

public sealed class RetryProbeTests : IDisposable
{
    private static readonly TimeSpan s_delay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly RetryProbe _probe;

    public RetryProbeTests() => _probe = new RetryProbe(s_delay, s_every, _time);

    public void Dispose() => _time.Dispose();

    [Fact]
    public void One_goes_through_in_each_interval_and_the_first_one_not_at_once()
    {
        Assert.False(_probe.TryNext(out _));
        Assert.Equal(1, Next(s_every));
        _probe.Return(1);
        Assert.Null(Next(s_every - TimeSpan.FromSeconds(1)));
        Assert.Equal(2, Next(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void While_another_worker_s_come_back_none_is_sent()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(Next(s_every - TimeSpan.FromSeconds(1)));
            _probe.ReturnOther();
        }

        Assert.Equal(1, Next(s_every));
    }

    [Fact]
    public void One_that_is_not_back_is_overdue_by_what_is_over_its_delay_until_it_or_a_later_one_is()
    {
        Assert.Equal(TimeSpan.Zero, _probe.Overdue);
        Assert.Equal(1, Next(s_every));
        _time.Advance(s_delay);
        Assert.Equal(TimeSpan.Zero, _probe.Overdue);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(TimeSpan.FromMinutes(2), _probe.Overdue);

        Assert.Equal(2, Next(TimeSpan.Zero));
        _probe.ReturnOther();
        Assert.Equal(TimeSpan.FromMinutes(2), _probe.Overdue);
        _probe.Return(2);
        Assert.Equal(TimeSpan.Zero, _probe.Overdue);
    }

    [Fact]
    public void Where_none_comes_back_ever_fewer_are_sent()
    {
        var sent = 0;
        for (var second = 0; second < 24 * 60 * 60; second++)
        {
            sent += Next(TimeSpan.FromSeconds(1)) is null ? 0 : 1;
        }

        Assert.InRange(sent, 10, 30);
    }

    private long? Next(TimeSpan after)
    {
        _time.Advance(after);
        return _probe.TryNext(out var number) ? number : null;
    }
}
