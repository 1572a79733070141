using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Producer.DeadLetters;

/// <summary>
/// The messages of <c>millrace.dead</c>, over AMQP alone. What is read is out of the queue until it is settled; all that was not goes back
/// before this is disposed of, or when the process dies; where it was many, not quite in the order that it had.
/// </summary>
internal sealed class DeadLetterBox : IAsyncDisposable
{
    private const ushort NotFound = 404;

    // Bodies that wait here at once.
    private const ushort Prefetch = 100;

    // So long without a delivery, and the queue is asked whether it is empty.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_giveBackTimeout = TimeSpan.FromSeconds(3);

    private readonly BrokerAddress _address;
    private readonly IConnection _connection;
    private IChannel _reading = null!;
    private IChannel _publishing = null!;
    private DeadLetterRequeue _requeue = null!;
    private DeadLetterConsumer? _consumer;

    private DeadLetterBox(BrokerAddress address, IConnection connection)
    {
        _address = address;
        _connection = connection;
    }

    /// <summary>How many dead letters there were when this was opened, without those that somebody else looks at.</summary>
    public uint Count { get; private set; }

    /// <summary>Connects.</summary>
    /// <exception cref="BrokerConnectionException">The broker cannot be reached, refused us, or has no dead letters' queue.</exception>
    public static async Task<DeadLetterBox> OpenAsync(Uri broker, string? certificateAuthority, CancellationToken cancellationToken)
    {
        var address = BrokerAddress.TryCreate(broker) ?? throw new ArgumentException("Not an amqp:// or amqps:// URI.", nameof(broker));
        try
        {
            var connection = await BrokerConnection.OpenAsync(address, certificateAuthority, "millrace dead letters", s_connectTimeout, cancellationToken).ConfigureAwait(false);
            var box = new DeadLetterBox(address, connection);
            try
            {
                await box.SetUpAsync(cancellationToken).ConfigureAwait(false);
                return box;
            }
            catch
            {
                await box.DisposeAsync().ConfigureAwait(false);
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

    /// <summary>The dead letters, in the queue's order; those that come meanwhile are left out. One reader at a time.</summary>
    /// <exception cref="BrokerConnectionException">The connection was lost.</exception>
    public async IAsyncEnumerable<DeadLetter> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Consumers one after the other, each with its prefetch: what one has delivered stays unacked when it is cancelled, and so neither
        // the number that can be looked at nor the memory for those that wait here is the prefetch's. Gets cost a quorum queue more with
        // each message that is out: 20,000 took minutes.
        var waiting = Channel.CreateUnbounded<DeadLetter>();
        DeadLetterConsumer? consumer = null;
        for (uint read = 0; read < Count; read++)
        {
            DeadLetter? letter;
            while (!waiting.Reader.TryRead(out letter))
            {
                if (consumer is null || consumer.Delivered >= Prefetch)
                {
                    consumer = await ReplaceAsync(consumer, waiting.Writer, cancellationToken).ConfigureAwait(false);
                }

                if (!await ArrivesAsync(waiting.Reader, cancellationToken).ConfigureAwait(false))
                {
                    // Somebody else was quicker.
                    yield break;
                }
            }

            yield return letter;
        }
    }

    /// <summary>Sends a dead letter back to where it came from, and takes it out of the queue once the broker has confirmed that.</summary>
    /// <param name="letter">The dead letter.</param>
    /// <param name="newId">The id of the new job that is made of it, and the new job's body; null to send it as it is.</param>
    /// <param name="cancellationToken">Gives up before it is sent. One that is being sent is sent to the end, and taken out of the queue.</param>
    /// <exception cref="UnroutableJobException">Nobody serves the model; the dead letter stays.</exception>
    /// <exception cref="BrokerConnectionException">The connection was lost; the dead letter stays, and the job may have been sent.</exception>
    public async Task RequeueAsync(DeadLetter letter, (Guid Id, WireBody Body)? newId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _requeue.SendAsync(letter, newId).ConfigureAwait(false);
        await RemoveAsync(letter, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Takes a dead letter out of the queue for good.</summary>
    /// <exception cref="BrokerConnectionException">The connection was lost; the dead letter stays.</exception>
    public async Task RemoveAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        try
        {
            await _reading.BasicAckAsync(letter.DeliveryTag, multiple: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            throw BrokerFailure.Explain(_address, failure);
        }
    }

    /// <summary>Gives back what was read and not settled: the next command sees it.</summary>
    public async ValueTask DisposeAsync()
    {
        await GiveBackAsync().ConfigureAwait(false);
        try
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            // It is gone already; the broker has taken everything back.
        }
    }

    /// <summary>
    /// Asks for it and waits for the answer. With the connection's end alone, the broker takes everything back some time after the process
    /// that a person waited for.
    /// </summary>
    private async Task GiveBackAsync()
    {
        if (_consumer is null || !_reading.IsOpen)
        {
            return;
        }

        using var limit = new CancellationTokenSource(s_giveBackTimeout);
        try
        {
            await CancelAsync(_consumer, limit.Token).ConfigureAwait(false);
            // AMQP's 0: all that is out on the channel.
            await _reading.BasicNackAsync(0, multiple: true, requeue: true, limit.Token).ConfigureAwait(false);
            await _reading.MessageCountAsync(BrokerNames.DeadLetters, limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is OperationCanceledException || BrokerFailure.IsOne(failure))
        {
            // The end of the connection does the same, later.
        }
    }

    private async Task SetUpAsync(CancellationToken cancellationToken)
    {
        _reading = await _connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        _publishing = await _connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken).ConfigureAwait(false);
        _requeue = new DeadLetterRequeue(_address, _publishing);
        await _reading.BasicQosAsync(0, Prefetch, global: false, cancellationToken).ConfigureAwait(false);
        Count = await _reading.MessageCountAsync(BrokerNames.DeadLetters, cancellationToken).ConfigureAwait(false);
    }

    private async Task<DeadLetterConsumer> ReplaceAsync(
        DeadLetterConsumer? last, ChannelWriter<DeadLetter> letters, CancellationToken cancellationToken)
    {
        try
        {
            if (last is not null)
            {
                await CancelAsync(last, cancellationToken).ConfigureAwait(false);
            }

            var next = new DeadLetterConsumer(_reading, letters);
            _consumer = next;
            await _reading.BasicConsumeAsync(BrokerNames.DeadLetters, autoAck: false, next, cancellationToken).ConfigureAwait(false);
            return next;
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            throw BrokerFailure.Explain(_address, failure);
        }
    }

    private async Task CancelAsync(DeadLetterConsumer consumer, CancellationToken cancellationToken)
    {
        foreach (var tag in consumer.ConsumerTags)
        {
            await _reading.BasicCancelAsync(tag, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the next delivery.</summary>
    /// <returns>False where the queue is empty.</returns>
    private async Task<bool> ArrivesAsync(ChannelReader<DeadLetter> letters, CancellationToken cancellationToken)
    {
        try
        {
            var arrival = letters.WaitToReadAsync(cancellationToken).AsTask();
            while (await Task.WhenAny(arrival, Task.Delay(s_silence, cancellationToken)).ConfigureAwait(false) != arrival)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (await _publishing.MessageCountAsync(BrokerNames.DeadLetters, cancellationToken).ConfigureAwait(false) == 0 && !arrival.IsCompleted)
                {
                    return false;
                }
            }

            return await arrival.ConfigureAwait(false);
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            throw BrokerFailure.Explain(_address, failure);
        }
    }
}
