namespace Millrace.Producer.Tests;

public sealed class BrokerAddressTests
{
    [Theory]
    [InlineData("amqp://user:secret@host:5673/vhost", "amqp://host:5673/vhost")]
    [InlineData("amqp://host", "amqp://host:5672/")]
    [InlineData("amqps://user:secret@host/", "amqps://host:5671/")]
    public void An_address_shows_itself_without_its_user(string uri, string shown)
    {
        Assert.True(BrokerAddress.TryParse(uri, out var address));
        Assert.Equal(shown, address.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("localhost:5672")]
    [InlineData("http://host/")]
    [InlineData("amqp://")]
    [InlineData("amqp:host")]
    public void What_is_no_amqp_uri_is_no_address(string? uri) => Assert.False(BrokerAddress.TryParse(uri, out _));
}
