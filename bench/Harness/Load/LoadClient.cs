using System.Diagnostics;
using System.Globalization;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Bench.Load;

/// <summary>Publishes jobs confirmed and reads their replies, so many in flight: a closed loop.</summary>
internal sealed class LoadClient : IAsyncDisposable
{
    private readonly IConnection _connection;
    private readonly IChannel _publish;
    private readonly IChannel _replies;
    private readonly string _replyQueue;
    private readonly SemaphoreSlim _window;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long[] _sentAt;
    private readonly double[] _latencies;
    private readonly int _jobs;
    private int _replied;
    private int _notSucceeded;

    private LoadClient(IConnection connection, IChannel publish, IChannel replies, string replyQueue, int jobs, int inFlight)
    {
        _connection = connection;
        _publish = publish;
        _replies = replies;
        _replyQueue = replyQueue;
        _jobs = jobs;
        _window = new SemaphoreSlim(inFlight);
        _sentAt = new long[jobs];
        _latencies = new double[jobs];
    }

    public static async Task<LoadClient> ConnectAsync(Uri broker, int jobs, int inFlight)
    {
        var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync("bench");
        // Confirms are asked for and counted by the broker, but not awaited one by one: the reply says more.
        var publish = await connection.CreateChannelAsync(new CreateChannelOptions(true, false));
        var replies = await connection.CreateChannelAsync();
        var queue = await replies.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true);
        var client = new LoadClient(connection, publish, replies, queue.QueueName, jobs, inFlight);
        var consumer = new AsyncEventingBasicConsumer(replies);
        consumer.ReceivedAsync += client.OnReply;
        await replies.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer);
        return client;
    }

    public async Task<LoadResult> RunAsync(JobTemplate template, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < _jobs; i++)
        {
            await _window.WaitAsync(cancellationToken);
            _sentAt[i] = Stopwatch.GetTimestamp();
            var properties = new BasicProperties
            {
                ContentType = template.ContentType,
                DeliveryMode = DeliveryModes.Persistent,
                ReplyTo = _replyQueue,
                CorrelationId = i.ToString(CultureInfo.InvariantCulture),
            };
            if (template.HeaderLength is { } length)
            {
                properties.Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { [OipFormat.HeaderLengthHeader] = length };
            }

            await _publish.BasicPublishAsync(
                BrokerNames.Exchange, "digits", mandatory: true, properties, template.WithId(Guid.CreateVersion7()), cancellationToken);
        }

        await _done.Task.WaitAsync(cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Array.Sort(_latencies);
        return new LoadResult(_jobs, seconds, _notSucceeded, _latencies[_jobs / 2] * 1e3, _latencies[(int)(_jobs * 0.99)] * 1e3);
    }

    public async ValueTask DisposeAsync()
    {
        await _replies.DisposeAsync();
        await _publish.DisposeAsync();
        await _connection.DisposeAsync();
        _window.Dispose();
    }

    private Task OnReply(object sender, BasicDeliverEventArgs delivery)
    {
        var job = int.Parse(delivery.BasicProperties.CorrelationId!, CultureInfo.InvariantCulture);
        _latencies[job] = Stopwatch.GetElapsedTime(_sentAt[job]).TotalSeconds;
        if (delivery.BasicProperties.Headers?[BrokerNames.StatusHeader] is not byte[] status || !status.AsSpan().SequenceEqual("succeeded"u8))
        {
            Interlocked.Increment(ref _notSucceeded);
        }

        _window.Release();
        if (Interlocked.Increment(ref _replied) == _jobs)
        {
            _done.SetResult();
        }

        return Task.CompletedTask;
    }
}
