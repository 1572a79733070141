using Millrace.Bench.Reporting;

namespace Millrace.Bench.Tests;

public sealed class PairingTests
{
    private static readonly Dictionary<int, double> s_one = new() { [1] = 90, [2] = 40, [3] = 95 };
    private static readonly Dictionary<int, double> s_other = new() { [3] = 100, [2] = 50, [1] = 100 };

    [Fact]
    public void Each_round_is_compared_with_the_same_round_of_the_other() =>
        Assert.Equal([0.9, 0.8, 0.95], Pairing.Ratios(s_one, s_other).Values);

    [Fact]
    public void A_round_that_one_of_them_lacks_is_left_out() =>
        Assert.Equal([2], Pairing.Ratios(s_one, new Dictionary<int, double> { [2] = 50, [9] = 1 }).Keys);

    [Fact]
    public void Differences_have_the_sign_of_who_is_asked_about() =>
        Assert.Equal([-10, -10, -5], Pairing.Differences(s_one, s_other).Values);

    [Theory]
    [InlineData(new double[] { 5, 1, 3 }, 3)]
    [InlineData(new double[] { 4, 1, 3, 2 }, 2.5)]
    [InlineData(new double[] { 7 }, 7)]
    public void The_median_stands_in_the_middle(double[] rounds, double median) => Assert.Equal(median, new Spread(rounds).Median);
}
