using Microsoft.Extensions.Configuration;
using Millrace.Worker.Batching;
using Millrace.Worker.Configuration;
using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Configuration;

public sealed class SectionFaultsTests
{
    [Fact]
    public void A_misspelt_setting_is_told_with_the_one_that_was_meant() => Assert.Equal(
        [
            "Limits:MaxRowz: there is no such setting; did you mean 'MaxRows'? The settings of Limits are MaxPayloadBytes, MaxRank, MaxJsonDepth, MaxRows, "
            + "MaxOutputBytes (environment: Limits__MaxRowz)",
        ],
        Of<LimitsOptions>("Limits", ("MaxRowz", "5")));

    [Theory]
    [InlineData("many")]
    [InlineData("1.5")]
    [InlineData("3000000000")]
    public void A_value_of_another_type_is_told_with_what_was_expected(string value) => Assert.Equal(
        [$"Limits:MaxRows: expected a whole number, found '{value}' (environment: Limits__MaxRows)"], Of<LimitsOptions>("Limits", ("maxrows", value)));

    [Fact]
    public void A_time_is_told_with_its_form() => Assert.Equal(
        ["Stop:Grace: expected a time such as 00:00:30 (hours:minutes:seconds) or 1.00:00:00 (a day), found '10s' (environment: Stop__Grace)"],
        Of<StopOptions>("Stop", ("Grace", "10s")));

    [Fact]
    public void All_are_told_at_once_and_what_fits_is_not() =>
        Assert.Equal(2, Of<LimitsOptions>("Limits", ("MaxRows", "5"), ("MaxRank", "x"), ("MaxJsonDepth", "y"), ("MaxOutputBytes", "")).Count);

    private static List<string> Of<T>(string section, params (string Key, string Value)[] values)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create($"{section}:{value.Key}", (string?)value.Value)))
            .Build();
        return [.. SectionFaults.Of(configuration.GetSection(section), typeof(T))];
    }
}
