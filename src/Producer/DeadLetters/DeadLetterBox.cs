using System.Runtime.CompilerServices;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Producer.Client;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Producer.DeadLetters;

/// <summary>
/// The messages of <c>millrace.dead</c>, over AMQP alone. What is read is out of the queue until it is settled; all that was not goes back
/// in its order when this is disposed of, or when the process dies.
/// </summary>
internal sealed class DeadLetterBox : IAsyncDisposable
{
    private const ushort NotFound = 404;

    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    // What the broker and the worker wrote on a message that died: a new life begins without it.
    private static readonly HashSet<string> s_deathHeaders = new(StringComparer.Ordinal)
    {
        BrokerDeath.Header, "x-first-death-reason", "x-first-death-queue", "x-first-death-exchange", "x-last-death-reason", "x-last-death-queue",
        "x-last-death-exchange", "x-delivery-count", "x-acquired-count", BrokerNames.ReasonHeader, BrokerNames.QueueHeader, BrokerNames.AttemptHeader,
        BrokerNames.ErrorsHeader,
    };

    private readonly BrokerAddress _address;
    private readonly IConnection _connection;
    private IChannel _reading = null!;
    private IChannel _publishing = null!;

    private DeadLetterBox(BrokerAddress address, IConnection connection)
    {
        _address = address;
        _connection = connection;
    }

    /// <summary>How many dead letters there were when this was opened, without those that somebody else looks at.</summary>
    public uint Count { get; private set; }

    /// <summary>Connects.</summary>
    /// <exception cref="BrokerConnectionException">The broker cannot be reached, refused us, or has no dead letters' queue.</exception>
    public static async Task<DeadLetterBox> OpenAsync(Uri broker, CancellationToken cancellationToken)
    {
        var address = BrokerAddress.TryCreate(broker) ?? throw new ArgumentException("Not an amqp:// or amqps:// URI.", nameof(broker));
        try
        {
            var connection = await BrokerConnection.OpenAsync(address, "millrace dead letters", s_connectTimeout, cancellationToken);
            var box = new DeadLetterBox(address, connection);
            try
            {
                await box.SetUpAsync(cancellationToken);
                return box;
            }
            catch
            {
                await box.DisposeAsync();
                throw;
            }
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == NotFound)
        {
            throw new BrokerConnectionException(
                address, $"has no queue '{BrokerNames.DeadLetters}': no worker has served there yet.", isTransient: false, missing);
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            throw BrokerFailure.Explain(address, failure);
        }
    }

    /// <summary>The dead letters, the oldest first; those that come meanwhile are left out. One reader at a time.</summary>
    /// <exception cref="BrokerConnectionException">The connection was lost.</exception>
    public async IAsyncEnumerable<DeadLetter> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // One get each, not a consumer: it says when the queue is empty, and a quorum queue hands a consumer no more than 2,000 unacked.
        for (uint i = 0; i < Count; i++)
        {
            if (await GetAsync(cancellationToken) is not { } message)
            {
                yield break;
            }

            yield return DeadLetterReader.Read(message);
        }
    }

    /// <summary>Sends a dead letter back to where it came from, and takes it out of the queue once the broker has confirmed that.</summary>
    /// <param name="letter">The dead letter.</param>
    /// <param name="newId">The id of the new job that is made of it, and the new job's body; null to send it as it is.</param>
    /// <param name="cancellationToken">Gives up; the dead letter stays then, and the job may have been sent.</param>
    /// <exception cref="UnroutableJobException">Nobody serves the model; the dead letter stays.</exception>
    /// <exception cref="BrokerConnectionException">The connection was lost; the dead letter stays, and the job may have been sent.</exception>
    public async Task RequeueAsync(DeadLetter letter, (Guid Id, WireBody Body)? newId, CancellationToken cancellationToken)
    {
        var body = newId?.Body ?? letter.Body;
        try
        {
            await _publishing.BasicPublishAsync(
                BrokerNames.Exchange, letter.RoutingKey, mandatory: true, ToProperties(letter, newId), body.Bytes, cancellationToken);
        }
        catch (PublishException returned) when (returned.IsReturn)
        {
            throw new UnroutableJobException(
                letter.ModelName ?? letter.RoutingKey,
                Lane.Interactive,
                $"exchange '{BrokerNames.Exchange}' on {_address} has no queue bound with routing key '{letter.RoutingKey}'; the dead letter stays.",
                returned);
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            throw BrokerFailure.Explain(_address, failure);
        }

        await RemoveAsync(letter, cancellationToken);
    }

    /// <summary>Takes a dead letter out of the queue for good.</summary>
    /// <exception cref="BrokerConnectionException">The connection was lost; the dead letter stays.</exception>
    public async Task RemoveAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        try
        {
            await _reading.BasicAckAsync(letter.DeliveryTag, multiple: false, cancellationToken);
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            throw BrokerFailure.Explain(_address, failure);
        }
    }

    /// <summary>Gives back what was read and not settled.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _connection.DisposeAsync();
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            // It is gone already; the broker has taken everything back.
        }
    }

    private async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _reading = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        _publishing = await _connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
        Count = await _reading.MessageCountAsync(BrokerNames.DeadLetters, cancellationToken);
    }

    private async Task<BasicGetResult?> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _reading.BasicGetAsync(BrokerNames.DeadLetters, autoAck: false, cancellationToken);
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            throw BrokerFailure.Explain(_address, failure);
        }
    }

    private static BasicProperties ToProperties(DeadLetter letter, (Guid Id, WireBody Body)? newId)
    {
        var headers = letter.Headers
            .Where(header => !s_deathHeaders.Contains(header.Key))
            .ToDictionary(header => header.Key, header => header.Value, StringComparer.Ordinal);
        var properties = new BasicProperties(letter.Properties) { Headers = headers, DeliveryMode = DeliveryModes.Persistent };
        if (newId is { } renamed)
        {
            properties.MessageId = renamed.Id.ToString();
            if (renamed.Body.HeaderLength is { } headerLength)
            {
                headers[OipFormat.HeaderLengthHeader] = headerLength;
            }
        }

        return properties;
    }
}
