using Xunit;

namespace Millrace.Contracts.Tests;

public sealed class BrokerNamesTests
{
    [Theory]
    [InlineData("digits")]
    [InlineData("a")]
    [InlineData("Resnet-50_v2.1")]
    [InlineData("bulk")]
    [InlineData("dead.letters")]
    [InlineData("deadline")]
    [InlineData("retry")]
    public void A_plain_name_may_be_a_model_s(string name) => Assert.True(BrokerNames.IsModelName(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a#")]
    [InlineData("größe")]
    [InlineData("digits\n")]
    public void A_name_with_other_characters_may_not(string? name) => Assert.False(BrokerNames.IsModelName(name));

    [Theory]
    [InlineData("dead")]
    [InlineData("dead.rows")]
    [InlineData("digits.bulk")]
    [InlineData(".bulk")]
    [InlineData("retry.digits")]
    public void A_name_whose_queue_would_be_another_one_may_not(string name) => Assert.False(BrokerNames.IsModelName(name));

    [Fact]
    public void A_name_has_at_most_100_characters()
    {
        Assert.True(BrokerNames.IsModelName(new string('a', 100)));
        Assert.False(BrokerNames.IsModelName(new string('a', 101)));
    }

    [Theory]
    [InlineData(Lane.Interactive, "digits", "millrace.digits")]
    [InlineData(Lane.Bulk, "digits.bulk", "millrace.digits.bulk")]
    public void Each_lane_has_a_routing_key_and_a_queue_of_its_own(Lane lane, string routingKey, string queue)
    {
        Assert.Equal(routingKey, BrokerNames.RoutingKey("digits", lane));
        Assert.Equal(queue, BrokerNames.Queue("digits", lane));
        Assert.True(BrokerNames.TryParseQueue(queue, out var model, out var parsed));
        Assert.Equal(("digits", lane), (model, parsed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("digits")]
    [InlineData("millrace.")]
    [InlineData("millrace.bulk.bulk.bulk")]
    [InlineData(BrokerNames.DeadLetters)]
    [InlineData(BrokerNames.DeadLetterRows)]
    public void Another_queue_is_no_model_s(string queue) => Assert.False(BrokerNames.TryParseQueue(queue, out _, out _));
}
