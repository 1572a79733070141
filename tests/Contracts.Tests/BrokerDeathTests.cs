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

    [Fact]
    public void A_message_that_died_elsewhere_names_the_model_s_queue_that_it_was_in()
    {
        var death = BrokerDeath.Read(Headers(("expired", "millrace.retry.5s"), ("rejected", "millrace.digits")))!;

        Assert.Equal(("expired", "millrace.retry.5s", "millrace.digits"), (death.Reason, death.Queue, death.ModelQueue));
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
