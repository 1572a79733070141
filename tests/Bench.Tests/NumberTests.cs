using Millrace.Bench.Reporting;

namespace Millrace.Bench.Tests;

public sealed class NumberTests
{
    [Theory]
    [InlineData(0.908, "0.91")]
    [InlineData(1.3, "1.3")]
    [InlineData(12.34, "12.3")]
    [InlineData(123.4, "123")]
    [InlineData(1_234.5, "1,230")]
    [InlineData(12_345, "12,300")]
    [InlineData(1_000_000, "1,000,000")]
    [InlineData(-0.25, "-0.25")]
    public void Keeps_the_digits_that_count(double value, string text) => Assert.Equal(text, Number.Text(value));
}
