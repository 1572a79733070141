using Millrace.Bench.Load;

namespace Millrace.Bench.Tests;

public sealed class PercentilesTests
{
    [Theory]
    [InlineData(1, 10)]
    [InlineData(50, 500)]
    [InlineData(99, 990)]
    [InlineData(99.9, 999)]
    [InlineData(100, 1000)]
    public void A_percentile_is_the_latency_of_its_rank(double percent, double milliseconds)
    {
        var latencies = new Percentiles(Enumerable.Range(1, 1000).Select(i => i / 1e3).Reverse());
        Assert.Equal(milliseconds, latencies.Milliseconds(percent), 9);
    }

    [Fact]
    public void Few_latencies_give_the_highest_for_a_high_percentile()
    {
        var latencies = new Percentiles([0.001, 0.002, 0.250]);
        Assert.Equal(250, latencies.Milliseconds(99));
        Assert.Equal(2, latencies.Milliseconds(50));
        Assert.Equal(1, latencies.Milliseconds(33.333));
    }

    [Fact]
    public void No_latency_is_no_percentile() => Assert.Throws<ArgumentOutOfRangeException>(() => new Percentiles([]));
}
