using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Broker;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.FaultyWorker;

/// <summary>The control that acks a delivery as it arrives. The queues must be there.</summary>
internal sealed partial class AckEarlyIntake(
    IOptions<BrokerOptions> options, ModelCatalog catalog, JobConsumer consumer, ILogger<AckEarlyIntake> logger) : IHostedService
{
    private IConnection? _connection;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _connection = await options.Value.CreateConnectionFactory("intake").CreateConnectionAsync(cancellationToken);
        foreach (var model in catalog.Names)
        {
            var channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
            var deliveries = new AsyncEventingBasicConsumer(channel);
            deliveries.ReceivedAsync += (_, delivery) =>
            {
                Consume(model, delivery.BasicProperties, delivery.Body.ToArray());
                return Task.CompletedTask;
            };
            await channel.BasicConsumeAsync(BrokerNames.Queue(model, Lane.Interactive), autoAck: true, deliveries, cancellationToken);
        }

        LogConsuming();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_connection is not null)
        {
            await _connection.CloseAsync(cancellationToken);
            await _connection.DisposeAsync();
        }
    }

    private void Consume(string model, IReadOnlyBasicProperties properties, byte[] body) => consumer.Consume(
        AmqpDelivery.Read(properties, body, redelivered: false, new NoSettlement(), model, Lane.Interactive), CancellationToken.None);

    /// <summary>It was acked before.</summary>
    private sealed class NoSettlement : ISettlement
    {
        public void Complete()
        {
            // Nobody waits for it.
        }

        public void Abandon(Exception cause)
        {
            // It cannot go back any more.
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Ready: consuming jobs, and acking them before their rows are committed")]
    private partial void LogConsuming();
}
