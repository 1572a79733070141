using Millrace.Worker.Inference;
using Xunit;

namespace Millrace.Worker.Tests.Inference;

public sealed class ColumnRangeTests
{
    [Fact]
    public void A_range_stands_for_all_from_the_one_to_the_other() =>
        Assert.Equal(["a", "p_8", "p_9", "p_10", "b", "7", "8"], ColumnRange.Expand(["a", "p_8..p_10", "b", "7..8"]));

    [Fact]
    public void A_range_of_one_is_one() => Assert.Equal(["x3"], ColumnRange.Expand(["x3..x3"]));

    [Theory]
    [InlineData("p_3..p_1")]
    [InlineData("p_1..q_3")]
    [InlineData("p..p_3")]
    [InlineData("p_1..p")]
    [InlineData("..")]
    [InlineData("p_1..p_99999999999")]
    [InlineData("p_0..p_2000000000")]
    public void Ends_that_are_not_one_name_with_rising_numbers_are_no_range(string column)
    {
        var fault = Assert.Throws<ModelConfigurationException>(() => ColumnRange.Expand([column]));

        Assert.StartsWith($"columns: '{column}' is not a range; expected a name with rising numbers", Assert.Single(fault.Errors), StringComparison.Ordinal);
    }
}
