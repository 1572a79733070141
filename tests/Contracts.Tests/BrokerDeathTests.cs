using System.Text;
using Xunit;

namespace Millrace.Contracts.Tests;

public sealed class BrokerDeathTests
{
    [Fact]
    public void The_latest_death_counts_and_not_a_wait_before_a_retry()
    {
        var death = BrokerDeath.Read(Headers(("delivery_limit", "millrace.digits.bulk"), ("expired", "millrace.retry.5s")))!;

        Assert.Equal(("delivery_limit", "millrace.digits.bulk", "millrace.digits.bulk"), (death.Reason, death.Queue, death.ModelQueue));
        Assert.Equal(1L, death.Details["count"]);
    }

    [Theory]
    [InlineData("digits", "millrace.digits")]
    [InlineData("digits.bulk", "millrace.digits.bulk")]
    [InlineData("millrace.retry.after.5s", null)]
    [InlineData(null, null)]
    public void A_job_that_died_as_it_waited_belongs_to_the_queue_that_it_was_to_go_back_to(string? routingKey, string? queue)
    {
        var death = BrokerDeath.Read(Headers(("expired", "millrace.retry.after.5s"), ("rejected", "millrace.other")), routingKey)!;

        Assert.Equal(("expired", "millrace.retry.after.5s", queue), (death.Reason, death.Queue, death.ModelQueue));
    }

    [Fact]
    public void What_stands_behind_the_first_death_may_be_anybody_s_and_says_nothing()
    {
        Assert.Null(BrokerDeath.Read(Headers(("rejected", "somebody.s"), ("delivery_limit", "millrace.digits")), "digits")!.ModelQueue);
        var headers = Headers(("rejected", "millrace.digits"));
        ((List<object?>)headers[BrokerDeath.Header]!).Insert(0, new Dictionary<string, object?> { ["reason"] = "expired" });
        Assert.Null(BrokerDeath.Read(headers));
    }

    [Fact]
    public void A_message_that_nothing_happened_to_has_no_death()
    {
        Assert.Null(BrokerDeath.Read(null));
        Assert.Null(BrokerDeath.Read(new Dictionary<string, object?>()));
        Assert.Null(BrokerDeath.Read(new Dictionary<string, object?> { [BrokerDeath.Header] = "none" }));
        Assert.Null(BrokerDeath.Read(new Dictionary<string, object?> { [BrokerDeath.Header] = new List<object?> { 1, new Dictionary<string, object?>() } }));
    }

    private static Dictionary<string, object?> Headers(params (string Reason, string Queue)[] deaths) => new()
    {
        [BrokerDeath.Header] = deaths.Select(death => (object?)new Dictionary<string, object?>
        {
            ["reason"] = Encoding.UTF8.GetBytes(death.Reason),
            ["queue"] = Encoding.UTF8.GetBytes(death.Queue),
            ["count"] = 1L,
        }).ToList(),
    };
}
