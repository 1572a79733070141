using Millrace.Contracts;
using Millrace.Worker.DeadLetters;
using Xunit;

namespace Millrace.Worker.Tests.DeadLetters;

public sealed class DeadLetterOriginTests
{
    [Theory]
    [InlineData("delivery_limit", "millrace.digits", "millrace.dead")]
    [InlineData("expired", "millrace.digits.bulk", "millrace.dead")]
    [InlineData("rejected", "millrace.digits", "millrace.dead")]
    [InlineData("expired", "millrace.retry.after.1s", "millrace.retry.return")]
    public void What_the_broker_takes_there_is_believed(string reason, string queue, string exchange) =>
        Assert.Null(DeadLetterOrigin.Doubt(Death(reason, queue), exchange));

    [Theory]
    [InlineData("delivery_limit", "millrace.digits", "", "it came by exchange ''")]
    [InlineData("delivery_limit", "millrace.digits", "millrace", "it came by exchange 'millrace'")]
    [InlineData("delivery_limit", "digits", "millrace.dead", "it names 'digits'")]
    [InlineData("delivery_limit", "millrace.dead", "millrace.dead", "it names 'millrace.dead'")]
    [InlineData("bored", "millrace.digits", "millrace.dead", "it gives 'bored' as the reason")]
    [InlineData("expired", "millrace.digits", "millrace.retry.return", "names queue 'millrace.digits', which dies another way")]
    [InlineData("expired", "millrace.retry.after.1s", "millrace.dead", "names queue 'millrace.retry.after.1s', which dies another way")]
    public void What_it_cannot_have_taken_there_is_not(string reason, string queue, string exchange, string doubt) =>
        Assert.Contains(doubt, DeadLetterOrigin.Doubt(Death(reason, queue), exchange), StringComparison.Ordinal);

    private static BrokerDeath Death(string reason, string queue)
    {
        var headers = new Dictionary<string, object?>
        {
            [BrokerDeath.Header] = new List<object?> { new Dictionary<string, object?> { ["reason"] = reason, ["queue"] = queue } },
        };
        return BrokerDeath.Read(headers, "digits")!;
    }
}
