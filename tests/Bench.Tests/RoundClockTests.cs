namespace Millrace.Bench.Tests;

public sealed class RoundClockTests
{
    private readonly FixedTime _time = new();

    [Fact]
    public void Without_an_end_there_are_as_many_as_asked_for()
    {
        Assert.Equal(5, Take(new RoundClock(5, null, _time), TimeSpan.FromMinutes(9)));
    }

    [Fact]
    public void A_round_that_would_end_too_late_does_not_begin()
    {
        Assert.Equal(2, Take(new RoundClock(3, _time.GetUtcNow() + TimeSpan.FromSeconds(240), _time), TimeSpan.FromSeconds(81)));
    }

    [Fact]
    public void A_round_that_ends_just_in_time_begins()
    {
        Assert.Equal(3, Take(new RoundClock(3, _time.GetUtcNow() + TimeSpan.FromSeconds(240), _time), TimeSpan.FromSeconds(80)));
    }

    [Fact]
    public void It_expects_as_long_a_round_as_the_longest_was()
    {
        var clock = new RoundClock(3, _time.GetUtcNow() + TimeSpan.FromSeconds(100), _time);

        Assert.True(clock.TryBegin());
        _time.Elapsed += TimeSpan.FromSeconds(40);
        Assert.True(clock.TryBegin());
        _time.Elapsed += TimeSpan.FromSeconds(21);

        Assert.False(clock.TryBegin());
        Assert.Equal(2, clock.Round);
    }

    [Fact]
    public void The_first_round_begins_however_late_it_is()
    {
        Assert.Equal(1, Take(new RoundClock(3, _time.GetUtcNow() - TimeSpan.FromSeconds(1), _time), TimeSpan.FromSeconds(80)));
    }

    private int Take(RoundClock clock, TimeSpan each)
    {
        while (clock.TryBegin())
        {
            _time.Elapsed += each;
        }

        return clock.Round;
    }
}
