using Millrace.Contracts.Wire;
using Millrace.TestKit;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Producer.Tests;

/// <summary>Serves the sum model from a real broker as the worker does: its exchange and queues, replies to the default exchange.</summary>
internal sealed class TestWorker : IAsyncDisposable
{
    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly List<(Guid Id, IReadOnlyBasicProperties Properties)> _deliveries = [];

    private TestWorker(IConnection connection, IChannel channel)
    {
        _connection = connection;
        _channel = channel;
    }

    /// <summary>Called with the number of each delivery, from 1; the reply waits for it.</summary>
    public Func<int, Task> BeforeReply { get; set; } = _ => Task.CompletedTask;

    /// <summary>What came, in its order.</summary>
    public IReadOnlyList<(Guid Id, IReadOnlyBasicProperties Properties)> Deliveries
    {
        get
        {
            lock (_deliveries)
            {
                return [.. _deliveries];
            }
        }
    }

    public static async Task<TestWorker> StartAsync(Uri broker, CancellationToken cancellationToken)
    {
        var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync(cancellationToken);
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(false, false, null, 64), cancellationToken);
        var worker = new TestWorker(connection, channel);
        await channel.ExchangeDeclareAsync(BrokerNames.Exchange, ExchangeType.Direct, durable: true, cancellationToken: cancellationToken);
        foreach (var lane in Enum.GetValues<Lane>())
        {
            var queue = BrokerNames.Queue(SumModel.Name, lane);
            await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, cancellationToken: cancellationToken);
            await channel.QueueBindAsync(queue, BrokerNames.Exchange, BrokerNames.RoutingKey(SumModel.Name, lane), cancellationToken: cancellationToken);
            var consumer = new AsyncEventingBasicConsumer(channel);
            consumer.ReceivedAsync += worker.ReplyAsync;
            await channel.BasicConsumeAsync(queue, autoAck: false, consumer, cancellationToken);
        }

        return worker;
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task ReplyAsync(object sender, BasicDeliverEventArgs delivery)
    {
        var length = Convert.ToInt32(delivery.BasicProperties.Headers![OipFormat.HeaderLengthHeader], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(OipFormat.TryReadBinaryJob(delivery.Body.ToArray(), length, new WireLimits(), out var job, out _));
        int number;
        lock (_deliveries)
        {
            _deliveries.Add((job.Id!.Value, new BasicProperties(delivery.BasicProperties)));
            number = _deliveries.Count;
        }

        await BeforeReply(number);
        if (delivery.BasicProperties.ReplyTo is { } replyTo)
        {
            var reply = OipFormat.WriteBinaryResult(SumModel.Answer(job));
            var properties = new BasicProperties
            {
                ContentType = reply.ContentType,
                CorrelationId = delivery.BasicProperties.CorrelationId,
                Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { [OipFormat.HeaderLengthHeader] = reply.HeaderLength },
            };
            await _channel.BasicPublishAsync("", replyTo, mandatory: false, properties, reply.Bytes);
        }

        await _channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
    }
}
