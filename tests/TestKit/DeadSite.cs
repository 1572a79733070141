using System.Text;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Producer.DeadLetters;
using RabbitMQ.Client;

namespace Millrace.TestKit;

/// <summary>The queues of the sum model and of the dead letters as workers declare them, on a broker of a test's own.</summary>
internal sealed class DeadSite : IAsyncDisposable
{
    private readonly TestVirtualHost _host;
    private readonly IConnection _connection;
    private readonly IChannel _channel;

    private DeadSite(TestVirtualHost host, IConnection connection, IChannel channel, CancellationToken token)
    {
        Token = token;
        _host = host;
        _connection = connection;
        _channel = channel;
    }

    public static string Queue { get; } = BrokerNames.Queue(SumModel.Name, Lane.Interactive);

    public string Broker => _host.Uri.AbsoluteUri;

    private CancellationToken Token { get; }

    public static async Task<DeadSite> CreateAsync(TestRabbitMq rabbitMq, CancellationToken token)
    {
        var host = await rabbitMq.CreateVirtualHostAsync(token);
        var connection = await new ConnectionFactory { Uri = host.Uri }.CreateConnectionAsync(token);
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), token);
        await channel.ExchangeDeclareAsync(BrokerNames.Exchange, ExchangeType.Direct, durable: true, cancellationToken: token);
        await channel.ExchangeDeclareAsync(BrokerNames.DeadLetters, ExchangeType.Fanout, durable: true, cancellationToken: token);
        await DeclareAsync(channel, BrokerNames.DeadLetters, token, ("x-delivery-limit", 1_000_000_000));
        await channel.QueueBindAsync(BrokerNames.DeadLetters, BrokerNames.DeadLetters, "", cancellationToken: token);
        foreach (var lane in Enum.GetValues<Lane>())
        {
            var queue = BrokerNames.Queue(SumModel.Name, lane);
            await DeclareAsync(
                channel,
                queue,
                token,
                ("x-dead-letter-exchange", BrokerNames.DeadLetters),
                ("x-dead-letter-strategy", "at-least-once"),
                ("x-overflow", "reject-publish"));
            await channel.QueueBindAsync(queue, BrokerNames.Exchange, BrokerNames.RoutingKey(SumModel.Name, lane), cancellationToken: token);
        }

        return new DeadSite(host, connection, channel, token);
    }

    /// <summary>Publishes a job and rejects its delivery, so that the broker takes it to the dead letters.</summary>
    /// <returns>Its id.</returns>
    public async Task<Guid> KillAsync(Lane lane = Lane.Interactive, bool binary = false, string? encoding = null)
    {
        var job = new PredictionJob { Id = Guid.NewGuid(), ModelName = SumModel.Name, Inputs = [Tensor.Create<float>("x", [1, 2], [1, 2])] };
        var body = PlainBody.Compress(binary ? OipFormat.WriteBinaryJob(job) : OipFormat.WriteJob(job), encoding);
        var properties = new BasicProperties { ContentType = body.ContentType, ContentEncoding = encoding, CorrelationId = "c", ReplyTo = "q", Headers = new Dictionary<string, object?> { ["own"] = "mine" } };
        if (body.HeaderLength is { } length)
        {
            properties.Headers[OipFormat.HeaderLengthHeader] = length;
        }

        var dead = await _channel.MessageCountAsync(BrokerNames.DeadLetters, Token);
        await _channel.BasicPublishAsync(BrokerNames.Exchange, BrokerNames.RoutingKey(SumModel.Name, lane), mandatory: true, properties, body.Bytes, Token);
        var delivery = await GetAsync(BrokerNames.Queue(SumModel.Name, lane));
        await _channel.BasicRejectAsync(delivery!.DeliveryTag, requeue: false, Token);
        await CountedAsync(BrokerNames.DeadLetters, dead + 1);
        return job.Id.Value;
    }

    /// <summary>Sends a body that is no job to the dead letters, as a worker does.</summary>
    public async Task SendUnreadableAsync(string body)
    {
        var dead = await _channel.MessageCountAsync(BrokerNames.DeadLetters, Token);
        var properties = new BasicProperties
        {
            ContentType = OipFormat.JsonContentType,
            Timestamp = new AmqpTimestamp(1_700_000_000),
            Headers = new Dictionary<string, object?>
            {
                [BrokerNames.ReasonHeader] = "unreadable_body: body: not readable as JSON at line 1, byte 1",
                [BrokerNames.QueueHeader] = Queue,
            },
        };
        await _channel.BasicPublishAsync(BrokerNames.DeadLetters, "", mandatory: true, properties, Encoding.UTF8.GetBytes(body), Token);
        await CountedAsync(BrokerNames.DeadLetters, dead + 1);
    }

    /// <summary>Puts a job among the dead letters as the broker does with one that a worker has sent to its next attempt.</summary>
    /// <returns>Its id.</returns>
    public async Task<Guid> KillRetriedAsync()
    {
        var job = new PredictionJob { Id = Guid.NewGuid(), ModelName = SumModel.Name, Inputs = [Tensor.Create<float>("x", [1, 2], [1, 2])] };
        var dead = await _channel.MessageCountAsync(BrokerNames.DeadLetters, Token);
        var properties = new BasicProperties
        {
            ContentType = OipFormat.JsonContentType,
            CorrelationId = "c",
            UserId = Uri.UnescapeDataString(_host.Uri.UserInfo.Split(':')[0]),
            Headers = new Dictionary<string, object?>
            {
                ["own"] = "mine",
                [BrokerNames.AttemptHeader] = "2",
                [BrokerNames.ErrorsHeader] = "attempt 1: no",
                [BrokerNames.WaitedHeader] = "1000",
                // What a caller gave it, which must not pass for a worker's word.
                [BrokerNames.ReasonHeader] = "unreadable_body: so it says",
                [BrokerDeath.Header] = new List<object?> { new Dictionary<string, object?> { ["queue"] = Queue, ["reason"] = BrokerDeath.DeliveryLimit } },
            },
        };
        await _channel.BasicPublishAsync(
            BrokerNames.DeadLetters, SumModel.Name, mandatory: true, properties, OipFormat.WriteJob(job).Bytes, Token);
        await CountedAsync(BrokerNames.DeadLetters, dead + 1);
        return job.Id.Value;
    }

    /// <summary>The next message of a queue; null where there is none.</summary>
    public Task<BasicGetResult?> GetAsync(string queue) => _channel.BasicGetAsync(queue, autoAck: false, Token);

    public Task UnbindAsync() => _channel.QueueUnbindAsync(Queue, BrokerNames.Exchange, SumModel.Name, cancellationToken: Token);

    /// <summary>Waits until a queue has so many messages: what another connection gives back is there a moment later.</summary>
    public async Task CountedAsync(string queue, uint count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (await _channel.MessageCountAsync(queue, patience.Token) != count)
        {
            await Task.Delay(10, patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
        await _host.DisposeAsync();
    }

    private static Task<QueueDeclareOk> DeclareAsync(IChannel channel, string queue, CancellationToken token, params (string Name, object Value)[] arguments) => channel.QueueDeclareAsync(
        queue,
        durable: true,
        exclusive: false,
        autoDelete: false,
        arguments.Append(("x-queue-type", "quorum")).ToDictionary(argument => argument.Item1, argument => (object?)argument.Item2),
        cancellationToken: token);
}
