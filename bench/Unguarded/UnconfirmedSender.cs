using Microsoft.Extensions.Options;
using Millrace.Worker.Broker;
using Millrace.Worker.Sending;
using RabbitMQ.Client;

namespace Millrace.Bench.Unguarded;

/// <summary>Publishes and forgets.</summary>
internal sealed class UnconfirmedSender(IOptions<BrokerOptions> broker) : IMessageSender
{
    private readonly Lazy<Task<IChannel>> _channel = new(async () =>
    {
        var connection = await broker.Value.CreateConnectionFactory("replies").CreateConnectionAsync();
        return await connection.CreateChannelAsync();
    });

    public bool KeepsBodies => false;

    public async ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken)
    {
        var channel = await _channel.Value;
        await channel.BasicPublishAsync(
            message.Exchange, message.RoutingKey, mandatory: false, new MessageProperties().Of(message), message.Body.Bytes, cancellationToken);
        return SendOutcome.Confirmed;
    }
}
