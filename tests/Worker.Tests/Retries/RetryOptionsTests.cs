using Millrace.Contracts;
using Millrace.Worker.Configuration;
using Millrace.Worker.Retries;
using Xunit;

namespace Millrace.Worker.Tests.Retries;

public sealed class RetryOptionsTests
{
    [Fact]
    public void The_defaults_are_three_attempts_and_three_delays()
    {
        var options = new RetryOptions();
        Assert.True(Validate(options).Succeeded);
        Assert.Equal(3, options.Attempts);
        Assert.Equal(
            ["millrace.retry.after.1s", "millrace.retry.after.10s", "millrace.retry.after.60s"], options.DelayList.Select(BrokerNames.Retry));
    }

    [Theory]
    [InlineData("00:00:00.250", "millrace.retry.after.250ms")]
    [InlineData("00:00:01.5,01:00:00", "millrace.retry.after.1500ms millrace.retry.after.3600s")]
    [InlineData(" 00:00:01 , 1.00:00:00 ", "millrace.retry.after.1s millrace.retry.after.86400s")]
    public void Delays_may_be_chosen(string delays, string queues)
    {
        var options = new RetryOptions { Delays = delays };
        Assert.True(Validate(options).Succeeded);
        Assert.Equal(queues.Split(' '), options.DelayList.Select(BrokerNames.Retry));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1 s")]
    [InlineData("00:00:01,")]
    [InlineData("00:00:00")]
    [InlineData("-00:00:01")]
    [InlineData("00:00:00.0001")]
    [InlineData("1.00:00:01")]
    [InlineData("1,1,1,1,1,1,1,1,1,1,1")]
    public void Other_delays_are_told_at_start(string delays)
    {
        var result = Validate(new RetryOptions { Delays = delays });
        Assert.Contains(result.Failures!, failure => failure.StartsWith("Retries:Delays: ", StringComparison.Ordinal));
    }

    [Fact]
    public void There_are_queues_for_the_waits_for_a_version_unless_nothing_waits_for_one()
    {
        var options = new RetryOptions { Delays = "00:00:05,00:00:07,00:00:07" };
        Assert.Equal(
            ["millrace.retry.after.1s", "millrace.retry.after.5s", "millrace.retry.after.7s"],
            options.QueueDelays.Select(BrokerNames.Retry).Order(StringComparer.Ordinal));

        options.VersionWait = TimeSpan.Zero;
        Assert.Equal(["millrace.retry.after.5s", "millrace.retry.after.7s"], options.QueueDelays.Select(BrokerNames.Retry));
    }

    private static Microsoft.Extensions.Options.ValidateOptionsResult Validate(RetryOptions options) =>
        new SectionRules<RetryOptions>(RetryOptions.Section).Validate(null, options);
}
