using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Integration.Tests;

/// <summary>An AMQP client that knows the protocol from its specification only: none of Millrace's own reading or writing.</summary>
internal sealed class ForeignClient : IAsyncDisposable
{
    private const int DifferentDigits = 1000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<Reply>> _waiting = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _repliesById = new(StringComparer.Ordinal);
    private readonly IConnection _connection;
    private readonly IChannel _publish;
    private readonly IChannel _consume;

    private ForeignClient(IConnection connection, IChannel publish, IChannel consume, string replyQueue)
    {
        _connection = connection;
        _publish = publish;
        _consume = consume;
        ReplyQueue = replyQueue;
    }

    public string ReplyQueue { get; }

    /// <summary>How many replies named each job's id.</summary>
    public IReadOnlyDictionary<string, int> RepliesById => _repliesById;

    public static async Task<ForeignClient> ConnectAsync(Uri broker)
    {
        var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync();
        var publish = await connection.CreateChannelAsync(new CreateChannelOptions(true, true, outstandingPublisherConfirmationsRateLimiter: null));
        var consume = await connection.CreateChannelAsync();
        var queue = await consume.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true);
        var client = new ForeignClient(connection, publish, consume, queue.QueueName);
        var consumer = new AsyncEventingBasicConsumer(consume);
        consumer.ReceivedAsync += client.OnReplyAsync;
        await consume.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer);
        return client;
    }

    /// <summary>A request for digits: one row of pixels for each of <paramref name="rows"/>, scaled 0 to 16.</summary>
    public static JsonObject Request(string? id, params float[][] rows) => new()
    {
        ["id"] = id,
        ["model_name"] = "digits",
        ["inputs"] = new JsonArray(new JsonObject
        {
            ["name"] = "image",
            ["shape"] = new JsonArray(rows.Length, 64),
            ["datatype"] = "FP32",
            ["data"] = new JsonArray([.. rows.SelectMany(row => row).Select(pixel => JsonValue.Create(pixel))]),
        }),
    };

    public Task<Reply> CallAsync(JsonNode request) => CallAsync(Encoding.UTF8.GetBytes(request.ToJsonString()), new BasicProperties { ContentType = "application/json" });

    /// <summary>Publishes, and waits for the reply with the same correlation id.</summary>
    public async Task<Reply> CallAsync(byte[] body, BasicProperties properties, string routingKey = "digits")
    {
        var correlationId = Guid.NewGuid().ToString();
        var reply = new TaskCompletionSource<Reply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[correlationId] = reply;
        properties.CorrelationId = correlationId;
        await PublishAsync(body, properties, routingKey);
        return await reply.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Publishes so many jobs of one digit each, all at once, and waits until the broker has them.</summary>
    /// <returns>Their ids.</returns>
    public async Task<List<Guid>> PublishDigitsAsync(int count)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).ToList();
        await Task.WhenAll(ids.Select((id, i) => PublishAsync(
            Encoding.UTF8.GetBytes(Request(id.ToString(), Digits.Pixels(i % DifferentDigits)).ToJsonString()),
            new BasicProperties { ContentType = "application/json" })));
        return ids;
    }

    public async Task PublishAsync(byte[] body, BasicProperties properties, string routingKey = "digits")
    {
        properties.ReplyTo ??= ReplyQueue;
        properties.DeliveryMode = DeliveryModes.Persistent;
        await _publish.BasicPublishAsync("millrace", routingKey, mandatory: true, properties, body, TestContext.Current.CancellationToken);
    }

    /// <summary>Publishes as the broker does where a message dies in a queue, and waits for the reply.</summary>
    public async Task<Reply> CallDeadAsync(byte[] body, string reason, string queue)
    {
        var death = new Dictionary<string, object?>
        {
            ["reason"] = reason,
            ["queue"] = queue,
            ["count"] = 1L,
            ["time"] = new AmqpTimestamp(1_700_000_000),
            ["exchange"] = "millrace",
            ["routing-keys"] = new List<object?> { "digits" },
        };
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            CorrelationId = Guid.NewGuid().ToString(),
            ReplyTo = ReplyQueue,
            DeliveryMode = DeliveryModes.Persistent,
            Headers = new Dictionary<string, object?> { ["x-death"] = new List<object?> { death } },
        };
        var reply = new TaskCompletionSource<Reply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[properties.CorrelationId] = reply;
        await _publish.BasicPublishAsync("millrace.dead", "digits", mandatory: true, properties, body, TestContext.Current.CancellationToken);
        return await reply.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Takes one message from a queue, as soon as there is one.</summary>
    public async Task<BasicDeliverEventArgs> TakeAsync(string queue)
    {
        await using var channel = await _connection.CreateChannelAsync();
        var taken = new TaskCompletionSource<BasicDeliverEventArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            taken.TrySetResult(new BasicDeliverEventArgs(
                delivery.ConsumerTag, delivery.DeliveryTag, delivery.Redelivered, delivery.Exchange, delivery.RoutingKey,
                delivery.BasicProperties, delivery.Body.ToArray()));
            return Task.CompletedTask;
        };
        await channel.BasicQosAsync(0, 1, global: false);
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
        var message = await taken.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await channel.BasicAckAsync(message.DeliveryTag, multiple: false);
        return message;
    }

    public async ValueTask DisposeAsync()
    {
        await _consume.DisposeAsync();
        await _publish.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private Task OnReplyAsync(object sender, BasicDeliverEventArgs delivery)
    {
        var reply = new Reply(delivery.BasicProperties, delivery.Body.ToArray());
        if (reply.IsJson && reply.Json["id"]?.GetValue<string>() is { } id)
        {
            _repliesById.AddOrUpdate(id, 1, (_, count) => count + 1);
        }

        if (_waiting.TryRemove(delivery.BasicProperties.CorrelationId ?? "", out var waiting))
        {
            waiting.SetResult(reply);
        }

        return Task.CompletedTask;
    }

    internal sealed record Reply(IReadOnlyBasicProperties Properties, byte[] Body)
    {
        public bool IsJson => Properties.ContentType == "application/json";

        public JsonNode Json => JsonNode.Parse(Body)!;

        public string Status => Encoding.UTF8.GetString((byte[])Properties.Headers!["millrace-status"]!);

        public JsonNode Output(string name) => Json["outputs"]!.AsArray().Single(output => output!["name"]!.GetValue<string>() == name)!;
    }
}
