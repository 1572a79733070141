using Millrace.Worker.Inference.Models;
using Xunit;

namespace Millrace.Worker.Tests.Inference.Models;

public sealed class VersionOrderTests
{
    [Fact]
    public void Versions_are_in_the_order_of_their_numbers_however_long()
    {
        string[] rising = ["0", "1", "9", "10", "2147483648", "20260315093000", "9223372036854775808", "100000000000000000000000000000"];

        Assert.Equal(rising, rising.Reverse().Order(VersionOrder.Instance));
    }

    [Fact]
    public void Leading_zeros_do_not_change_a_number()
    {
        Assert.Equal(0, VersionOrder.Instance.Compare("007", "7"));
        Assert.Equal(0, VersionOrder.Instance.Compare("000", "0"));
        Assert.Equal("7", VersionOrder.Canonical("007"));
        Assert.Equal("0", VersionOrder.Canonical("00"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("v1")]
    [InlineData("-1")]
    [InlineData("1.0")]
    [InlineData(" 1")]
    [InlineData("٣")]
    public void What_is_no_whole_number_is_no_version(string text) => Assert.False(VersionOrder.IsVersion(text));
}
