using Millrace.Contracts;
using Millrace.Contracts.Wire;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Producer.DeadLetters;

/// <summary>Sends dead letters back to where they came from, on a channel that tells of confirms.</summary>
internal sealed class DeadLetterRequeue(BrokerAddress address, IChannel channel)
{
    // For a confirm: a quorum queue whose members are being restarted takes seconds.
    private static readonly TimeSpan s_confirmTimeout = TimeSpan.FromSeconds(30);

    // What the broker and the worker wrote on a message that died: a new life begins without it.
    private static readonly HashSet<string> s_deathHeaders = new(StringComparer.Ordinal)
    {
        BrokerDeath.Header, "x-first-death-reason", "x-first-death-queue", "x-first-death-exchange", "x-last-death-reason", "x-last-death-queue",
        "x-last-death-exchange", "x-delivery-count", "x-acquired-count", BrokerNames.ReasonHeader, BrokerNames.QueueHeader, BrokerNames.AttemptHeader,
        BrokerNames.ErrorsHeader, BrokerNames.WaitedHeader, BrokerNames.RedeliveredHeader,
    };

    /// <summary>Sends one, and returns when the broker has confirmed it.</summary>
    /// <param name="letter">The dead letter.</param>
    /// <param name="newId">The id of the new job that is made of it, and the new job's body; null to send it as it is.</param>
    /// <exception cref="UnroutableJobException">Nobody serves the model.</exception>
    /// <exception cref="BrokerConnectionException">The connection was lost; the job may have been sent.</exception>
    public async Task SendAsync(DeadLetter letter, (Guid Id, WireBody Body)? newId)
    {
        var body = newId?.Body ?? letter.Body;
        try
        {
            // Not the caller's token: whether a publish that is given up on the way has arrived would be known to nobody.
            await channel
                .BasicPublishAsync(BrokerNames.Exchange, letter.RoutingKey, mandatory: true, ToProperties(letter, newId), body.Bytes, CancellationToken.None)
                .AsTask()
                .WaitAsync(s_confirmTimeout, CancellationToken.None).ConfigureAwait(false);
        }
        catch (PublishException returned) when (returned.IsReturn)
        {
            throw new UnroutableJobException(
                letter.ModelName ?? letter.RoutingKey,
                Lane.Interactive,
                $"exchange '{BrokerNames.Exchange}' on {address} has no queue bound with routing key '{letter.RoutingKey}'; the dead letter stays.",
                returned);
        }
        catch (PublishException refused)
        {
            throw new BrokerConnectionException(
                address, $"did not take job {newId?.Id ?? letter.JobId} in (negative confirm); the dead letter stays.", isTransient: true, refused);
        }
        catch (TimeoutException late)
        {
            throw new BrokerConnectionException(
                address,
                $"has not confirmed job {newId?.Id ?? letter.JobId} within {s_confirmTimeout.TotalSeconds:0} s; the dead letter stays, and the job may have been sent.",
                isTransient: true,
                late);
        }
        catch (Exception failure) when (BrokerFailure.IsOne(failure))
        {
            throw BrokerFailure.Explain(address, failure);
        }
    }

    private static BasicProperties ToProperties(DeadLetter letter, (Guid Id, WireBody Body)? newId)
    {
        var headers = letter.Headers
            .Where(header => !s_deathHeaders.Contains(header.Key))
            .ToDictionary(header => header.Key, header => header.Value, StringComparer.Ordinal);
        var properties = new BasicProperties(letter.Properties)
        {
            Headers = headers,
            DeliveryMode = DeliveryModes.Persistent,
            // Bytes that are no UTF-8 were read as something longer.
            ContentType = ShortText.Cut(letter.Properties.ContentType),
            CorrelationId = ShortText.Cut(letter.Properties.CorrelationId),
            MessageId = ShortText.Cut(letter.Properties.MessageId),
            ReplyTo = ShortText.Cut(letter.Properties.ReplyTo),
            Type = ShortText.Cut(letter.Properties.Type),
            AppId = ShortText.Cut(letter.Properties.AppId),
            ContentEncoding = ShortText.Cut(letter.Properties.ContentEncoding),
            // The login of who published it; the broker takes no other from this connection than its own.
            UserId = null,
        };
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
