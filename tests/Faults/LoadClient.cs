using System.Text;
using Millrace.Contracts.Wire;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Faults;

/// <summary>
/// A producer that keeps its side of the bargain: every job is published mandatory, and again with the same id until the broker has
/// confirmed it. Its reply queue outlives its connection. Publishing and replies have a connection each: alarms stop the publishing ones.
/// </summary>
internal sealed class LoadClient : IAsyncDisposable
{
    /// <summary>What the history has where the broker stops publishers.</summary>
    public const string Blocked = "blocked by the broker";

    private static readonly TimeSpan s_reconnectInterval = TimeSpan.FromMilliseconds(100);

    private readonly ConnectionFactory _factory;
    private readonly Ledger _ledger;
    private readonly History _history;
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _connecting = new(1);
    private IConnection? _publishing;
    private IChannel? _channel;
    private Task _consuming = Task.CompletedTask;
    private int _strayReplies;

    private LoadClient(Uri broker, Ledger ledger, History history)
    {
        _factory = new ConnectionFactory { Uri = broker, AutomaticRecoveryEnabled = false, TopologyRecoveryEnabled = false };
        _ledger = ledger;
        _history = history;
    }

    /// <summary>The queue that replies are taken from.</summary>
    public string ReplyQueue { get; } = "faults.replies";

    public int StrayReplies => Volatile.Read(ref _strayReplies);

    /// <summary>Takes replies whose correlation id is none of the ledger's; false for one that it does not know either.</summary>
    public Func<string, string, bool> TakeOther { get; set; } = (_, _) => false;

    /// <summary>Called with each job at its first reply.</summary>
    public Action<LedgerEntry> Replied { get; set; } = _ => { };

    public static async Task<LoadClient> StartAsync(Uri broker, Ledger ledger, History history, CancellationToken cancellationToken)
    {
        var client = new LoadClient(broker, ledger, history);
        await client.DeclareAsync(client.ReplyQueue, cancellationToken);
        client._consuming = client.ConsumeAsync(client._end.Token);
        return client;
    }

    public Task DeclareAsync(string queue, CancellationToken cancellationToken) => WithChannelAsync(
        channel => channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, cancellationToken: cancellationToken), cancellationToken);

    public Task DeleteAsync(string queue, CancellationToken cancellationToken) =>
        WithChannelAsync(channel => channel.QueueDeleteAsync(queue, cancellationToken: cancellationToken), cancellationToken);

    /// <summary>Messages that are ready in a queue; null where there is no such queue.</summary>
    public async Task<uint?> CountAsync(string queue, CancellationToken cancellationToken)
    {
        try
        {
            return await WithChannelAsync(channel => channel.MessageCountAsync(queue, cancellationToken), cancellationToken);
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode == RabbitMQ.Client.Constants.NotFound)
        {
            return null;
        }
    }

    /// <summary>Takes every message of a queue.</summary>
    public Task<List<BasicGetResult>> DrainAsync(string queue, CancellationToken cancellationToken) => WithChannelAsync(
        async channel =>
        {
            var messages = new List<BasicGetResult>();
            while (await channel.BasicGetAsync(queue, autoAck: true, cancellationToken) is { } message)
            {
                messages.Add(message);
            }

            return messages;
        },
        cancellationToken);

    /// <summary>Publishes every copy of a job; ends when the broker has confirmed them.</summary>
    public Task PublishAsync(LedgerEntry entry, CancellationToken cancellationToken) => Task.WhenAll(
        Enumerable.Range(0, entry.Copies).Select(async _ =>
        {
            var properties = new BasicProperties
            {
                ContentType = OipFormat.JsonContentType,
                DeliveryMode = DeliveryModes.Persistent,
                ReplyTo = entry.ReplyTo,
                CorrelationId = entry.Id.ToString(),
            };
            await PublishAsync(properties, entry.Body, entry.Attempt, cancellationToken);
            entry.Confirm();
        }));

    /// <summary>Publishes a body; ends when the broker has confirmed it.</summary>
    public async Task PublishAsync(BasicProperties properties, ReadOnlyMemory<byte> body, Action attempt, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var channel = await ConnectAsync(cancellationToken);
                attempt();
                await channel.BasicPublishAsync(BrokerNames.Exchange, Site.Model, mandatory: true, properties, body, cancellationToken);
                return;
            }
            catch (Exception fault) when (IsOutage(fault))
            {
                // Whether the broker has it is not known: the same job again.
                _history.Add("client", $"publish not confirmed: {fault.GetType().Name}");
                await Task.Delay(s_reconnectInterval, cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _consuming;
        if (_publishing is not null)
        {
            await _publishing.DisposeAsync();
        }

        _end.Dispose();
        _connecting.Dispose();
    }

    private static bool IsOutage(Exception fault) => fault is BrokerUnreachableException or AlreadyClosedException or IOException
        or TimeoutException or OperationInterruptedException { ShutdownReason.ReplyCode: not Constants.NotFound }
        or PublishException { IsReturn: false };

    private async Task<IChannel> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_channel is { IsOpen: true } open)
        {
            return open;
        }

        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_channel is { IsOpen: true } channel)
            {
                return channel;
            }

            if (_publishing is not null)
            {
                await _publishing.DisposeAsync();
                _publishing = null;
            }

            _publishing = await _factory.CreateConnectionAsync("faults publishes", cancellationToken);
            _publishing.ConnectionBlockedAsync += (_, e) =>
            {
                _history.Add("client", $"{Blocked}: {e.Reason}");
                return Task.CompletedTask;
            };
            _channel = await _publishing.CreateChannelAsync(
                new CreateChannelOptions(true, true, outstandingPublisherConfirmationsRateLimiter: null), cancellationToken);
            return _channel;
        }
        finally
        {
            _connecting.Release();
        }
    }

    private async Task<T> WithChannelAsync<T>(Func<IChannel, Task<T>> use, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await using var connection = await _factory.CreateConnectionAsync("faults looks", cancellationToken);
                await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
                return await use(channel);
            }
            catch (Exception fault) when (IsOutage(fault))
            {
                await Task.Delay(s_reconnectInterval, cancellationToken);
            }
        }
    }

    private async Task ConsumeAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _factory.CreateConnectionAsync("faults replies", stopping);
                await using var channel = await connection.CreateChannelAsync(cancellationToken: stopping);
                var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                channel.ChannelShutdownAsync += (_, _) =>
                {
                    lost.TrySetResult();
                    return Task.CompletedTask;
                };
                await channel.BasicQosAsync(0, 500, global: false, stopping);
                var consumer = new AsyncEventingBasicConsumer(channel);
                consumer.ReceivedAsync += async (_, delivery) =>
                {
                    Take(delivery);
                    // Acked, or a connection that is lost would take replies with it.
                    await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false, stopping);
                };
                await channel.BasicConsumeAsync(ReplyQueue, autoAck: false, consumer, stopping);
                await lost.Task.WaitAsync(stopping);
            }
            catch (Exception fault) when (IsOutage(fault))
            {
                await Task.WhenAny(Task.Delay(s_reconnectInterval, stopping));
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private void Take(BasicDeliverEventArgs delivery)
    {
        var correlationId = delivery.BasicProperties.CorrelationId ?? "";
        if (!Guid.TryParse(correlationId, out var id) || _ledger.Find(id) is not { } entry)
        {
            if (!TakeOther(correlationId, Status(delivery)))
            {
                Interlocked.Increment(ref _strayReplies);
            }

            return;
        }

        if (entry.AddReply(Read(delivery)))
        {
            Replied(entry);
        }
    }

    private static string Status(BasicDeliverEventArgs delivery) =>
        Encoding.UTF8.GetString((byte[])delivery.BasicProperties.Headers![BrokerNames.StatusHeader]!);

    private static Answer Read(BasicDeliverEventArgs delivery)
    {
        var result = OipFormat.ReadResult(delivery.Body.ToArray());
        return new Answer(Status(delivery), result.Code, result.Outputs is [var output, ..] ? output.AsSpan<long>()[0] : null);
    }
}
