using Millrace.Cli.Options;

namespace Millrace.Cli.Tests.Options;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30)]
    [InlineData("1.5m", 90)]
    [InlineData("2h", 7200)]
    [InlineData("7d", 604_800)]
    public void A_duration_has_a_unit(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1y")]
    [InlineData("99999999d")]
    public void Anything_else_is_none(string text) => Assert.False(Durations.TryParse(text, out _));
}
