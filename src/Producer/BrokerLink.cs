using System.Globalization;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Producer;

/// <summary>
/// One connection with its publishing channel and its reply queue. Once any of them is gone the link is lost as a whole, every
/// call on it ends with <see cref="BrokerConnectionException"/>, and a new link takes its place: a recovered channel would have
/// forgotten which publishes were unconfirmed, and a recovered reply queue has another name.
/// </summary>
internal sealed class BrokerLink : IAsyncDisposable
{
    private const ushort NotFound = 404;

    private readonly BrokerAddress _address;
    private readonly IConnection _connection;
    private readonly PendingReplies _pending = new();
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IChannel _publishing = null!;
    private IChannel _receiving = null!;
    private string _replyQueue = "";
    private volatile BrokerConnectionException? _loss;

    private BrokerLink(BrokerAddress address, IConnection connection)
    {
        _address = address;
        _connection = connection;
    }

    /// <summary>Whether the link can still be used.</summary>
    public bool IsOpen => _loss is null;

    /// <summary>Why it cannot be used any more; null while it can.</summary>
    public BrokerConnectionException? Loss => _loss;

    /// <summary>Ends when the link is lost, or closed.</summary>
    public Task Lost => _lost.Task;

    /// <summary>Connects once.</summary>
    /// <exception cref="BrokerConnectionException">That failed.</exception>
    public static async Task<BrokerLink> OpenAsync(
        BrokerAddress address, string? certificateAuthority, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await BrokerConnection.OpenAsync(address, certificateAuthority, "millrace producer", timeout, cancellationToken).ConfigureAwait(false);
            var link = new BrokerLink(address, connection);
            try
            {
                await link.SetUpAsync(cancellationToken).ConfigureAwait(false);
                return link;
            }
            catch
            {
                await link.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            throw BrokerFailure.Explain(address, failure);
        }
    }

    /// <summary>Publishes a job, and returns when the broker has confirmed it.</summary>
    public Task PublishAsync(OutgoingJob job, CancellationToken cancellationToken) => PublishAsync(job, correlationId: null, cancellationToken);

    /// <summary>Publishes a job and waits for its reply.</summary>
    public async Task<WireBody> RequestAsync(OutgoingJob job, CancellationToken cancellationToken)
    {
        var (correlationId, reply) = _pending.Open(job.Id);
        try
        {
            await PublishAsync(job, correlationId, cancellationToken).ConfigureAwait(false);
            return await reply.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _pending.Close(correlationId);
        }
    }

    /// <summary>Closes the connection; what is still under way on it ends as lost.</summary>
    public async ValueTask DisposeAsync()
    {
        Lose("closed by this client");
        try
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            // It is gone already, which is what was asked for.
        }
    }

    private async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _connection.ConnectionShutdownAsync += OnShutdownAsync;
        // No rate limiter: the client's window bounds what is unconfirmed, and the default one delays from 64 on.
        _publishing = await _connection.CreateChannelAsync(
            new CreateChannelOptions(
                publisherConfirmationsEnabled: true,
                publisherConfirmationTrackingEnabled: true,
                outstandingPublisherConfirmationsRateLimiter: null),
            cancellationToken).ConfigureAwait(false);
        _publishing.ChannelShutdownAsync += OnShutdownAsync;
        _receiving = await _connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        _receiving.ChannelShutdownAsync += OnShutdownAsync;
        var queue = await _receiving.QueueDeclareAsync(
            queue: "", durable: false, exclusive: true, autoDelete: true, cancellationToken: cancellationToken).ConfigureAwait(false);
        _replyQueue = queue.QueueName;
        var consumer = new ReplyConsumer(_receiving, _pending, () => Lose("the reply queue was deleted"));
        // Acknowledged by the broker as it sends: a reply lost with the connection comes again when its job is sent again.
        await _receiving.BasicConsumeAsync(_replyQueue, autoAck: true, consumer, cancellationToken).ConfigureAwait(false);
    }

    private async Task PublishAsync(OutgoingJob job, string? correlationId, CancellationToken cancellationToken)
    {
        var routingKey = BrokerNames.RoutingKey(job.ModelName, job.Lane);
        try
        {
            if (_loss is { } loss)
            {
                throw loss;
            }

            // Not the caller's token: client 7.1 releases its confirm semaphore once too often for a cancelled publish
            // (rabbitmq-dotnet-client issue 1818). The caller stops waiting, the publish goes to its end.
            var publish = _publishing.BasicPublishAsync(
                BrokerNames.Exchange, routingKey, mandatory: true, Properties(job, correlationId), job.Body.Bytes, CancellationToken.None);
            await publish.AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PublishException returned) when (returned.IsReturn)
        {
            throw new UnroutableJobException(
                job.ModelName,
                job.Lane,
                $"exchange '{BrokerNames.Exchange}' on {_address} has no queue bound with routing key '{routingKey}'.",
                returned);
        }
        catch (PublishException refused)
        {
            throw new BrokerConnectionException(_address, $"did not take job {job.Id} in (negative confirm).", isTransient: true, refused);
        }
        catch (Exception) when (_publishing.CloseReason is { ReplyCode: NotFound })
        {
            throw new UnroutableJobException(
                job.ModelName, job.Lane, $"exchange '{BrokerNames.Exchange}' does not exist on {_address}: no worker has served there yet.");
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            throw _loss ?? BrokerFailure.Explain(_address, failure);
        }
    }

    private BasicProperties Properties(OutgoingJob job, string? correlationId)
    {
        var properties = new BasicProperties
        {
            ContentType = job.Body.ContentType,
            DeliveryMode = DeliveryModes.Persistent,
            MessageId = job.Id.ToString(),
        };
        if (correlationId is not null)
        {
            properties.CorrelationId = correlationId;
            properties.ReplyTo = _replyQueue;
        }

        if (job.Body.HeaderLength is { } headerLength)
        {
            properties.Headers = new Dictionary<string, object?>(StringComparer.Ordinal) { [OipFormat.HeaderLengthHeader] = headerLength };
        }

        return properties;
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        Lose(string.Create(CultureInfo.InvariantCulture, $"connection lost: {reason.ReplyText} ({reason.ReplyCode})."));
        return Task.CompletedTask;
    }

    private void Lose(string reason)
    {
        _loss ??= new BrokerConnectionException(_address, reason, isTransient: true);
        _pending.End(_loss);
        _lost.TrySetResult();
    }
}
