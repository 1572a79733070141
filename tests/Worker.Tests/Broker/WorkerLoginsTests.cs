using Microsoft.Extensions.Options;
using Millrace.Worker.Broker;
using Xunit;

namespace Millrace.Worker.Tests.Broker;

public sealed class WorkerLoginsTests
{
    [Theory]
    [InlineData("amqp://host", null, "guest")]
    [InlineData("amqp://:secret@host", null, "guest")]
    [InlineData("amqp://worker@host", null, "worker")]
    [InlineData("amqp://wor%3Aker:secret@host", null, "wor:ker")]
    [InlineData("amqp://token:secret@host", "service-7", "service-7")]
    public void The_login_is_the_address_s_user_unless_the_broker_knows_it_by_another_name(string uri, string? userId, string login)
    {
        var logins = new WorkerLogins(Options.Create(new BrokerOptions { Uri = uri, UserId = userId }));

        Assert.Equal(login, logins.Own);
        Assert.True(logins.IsWorker(login));
        Assert.False(logins.IsWorker(null));
        Assert.False(logins.IsWorker("producer"));
    }
}
