using System.Globalization;
using Millrace.Bench.Workloads;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Bench.Load;

/// <summary>Publishes jobs and reads their replies.</summary>
internal sealed class LoadClient : IAsyncDisposable
{
    private readonly IConnection _connection;
    private readonly IChannel _publish;
    private readonly IChannel _replies;
    private readonly string _replyQueue;
    private readonly IReadOnlyList<JobKind> _kinds;
    private readonly Action? _replied;

    private LoadClient(
        IConnection connection, IChannel publish, IChannel replies, string replyQueue, IReadOnlyList<JobKind> kinds, ReplyBook book, Action? replied)
    {
        _connection = connection;
        _publish = publish;
        _replies = replies;
        _replyQueue = replyQueue;
        _kinds = kinds;
        _replied = replied;
        Book = book;
    }

    public ReplyBook Book { get; }

    /// <param name="broker">The broker.</param>
    /// <param name="kinds">What is published, and where to: one after the other in turn.</param>
    /// <param name="jobs">How many jobs it is going to publish.</param>
    /// <param name="awaitsConfirms">
    /// Whether a publish ends with the broker's confirm. Else confirms are asked for, because a producer that must not lose jobs does so
    /// too and the broker pays for it, but the reply says more.
    /// </param>
    /// <param name="replied">Called at each reply.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<LoadClient> ConnectAsync(
        Uri broker, IReadOnlyList<JobKind> kinds, int jobs, bool awaitsConfirms, Action? replied, CancellationToken cancellationToken)
    {
        var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync("bench", cancellationToken);
        var publish = await connection.CreateChannelAsync(new CreateChannelOptions(true, awaitsConfirms, null), cancellationToken);
        var replies = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var queue = await replies.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, cancellationToken: cancellationToken);
        var book = new ReplyBook(jobs, TimeProvider.System);
        var client = new LoadClient(connection, publish, replies, queue.QueueName, kinds, book, replied);
        var consumer = new AsyncEventingBasicConsumer(replies);
        consumer.ReceivedAsync += client.OnReply;
        await replies.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer, cancellationToken);
        return client;
    }

    /// <summary>Publishes a job. Its latency counts from what the book says that it begins at.</summary>
    public ValueTask PublishAsync(int job, CancellationToken cancellationToken)
    {
        var (template, routingKey) = _kinds[job % _kinds.Count];
        var properties = new BasicProperties
        {
            ContentType = template.ContentType,
            DeliveryMode = DeliveryModes.Persistent,
            ReplyTo = _replyQueue,
            CorrelationId = job.ToString(CultureInfo.InvariantCulture),
        };
        if (template.HeaderLength is { } length)
        {
            properties.Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { [OipFormat.HeaderLengthHeader] = length };
        }

        return _publish.BasicPublishAsync(
            BrokerNames.Exchange, routingKey, mandatory: true, properties, template.WithId(Guid.CreateVersion7()), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _replies.DisposeAsync();
        await _publish.DisposeAsync();
        await _connection.DisposeAsync();
    }

    // By the status that Millrace's replies carry; those that carry none have outputs where they succeeded.
    private static bool IsSuccess(BasicDeliverEventArgs reply)
    {
        object? status = null;
        return reply.BasicProperties.Headers?.TryGetValue(BrokerNames.StatusHeader, out status) is true
            ? status is byte[] text && text.AsSpan().SequenceEqual("succeeded"u8)
            : reply.Body.Span.IndexOf("\"outputs\""u8) >= 0;
    }

    private Task OnReply(object sender, BasicDeliverEventArgs reply)
    {
        Book.Reply(int.Parse(reply.BasicProperties.CorrelationId!, NumberStyles.None, CultureInfo.InvariantCulture), IsSuccess(reply));
        _replied?.Invoke();
        return Task.CompletedTask;
    }
}
