using Millrace.Contracts;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Worker.Broker;

/// <summary>
/// What the worker has at the broker, all of it durable: it outlives every worker. Declaring what is there with the same arguments
/// changes nothing; with others the broker refuses (406, PRECONDITION_FAILED).
/// </summary>
internal static class BrokerTopology
{
    private static readonly Dictionary<string, object?> s_deadLetterArguments = new(StringComparer.Ordinal)
    {
        ["x-queue-type"] = "quorum",
        // Looking at a dead letter is a delivery of it, and RabbitMQ 4 drops what was delivered 20 times where the queue says nothing else.
        ["x-delivery-limit"] = 1_000_000_000,
    };

    private static readonly Dictionary<string, object?> s_returnArguments = new(StringComparer.Ordinal)
    {
        // A job whose queue is gone becomes a dead letter. With nowhere to go it would stay where it waited, and 32 such jobs are all that the
        // broker has under way from one queue: those behind them would wait for ever.
        ["alternate-exchange"] = BrokerNames.DeadLetters,
    };

    private static readonly Dictionary<string, object?> s_probeArguments = new(StringComparer.Ordinal)
    {
        ["x-queue-type"] = "quorum",
        ["x-max-length"] = 1,
        ["x-message-ttl"] = 60_000,
    };

    private static readonly Dictionary<string, object?> s_deadLetterRowsArguments = new(StringComparer.Ordinal)
    {
        ["x-queue-type"] = "quorum",
        // A row that no store takes, or a body that ends the worker, must not come back for ever. The other queue still has it then.
        ["x-delivery-limit"] = 100,
    };

    /// <summary>
    /// Finds out whether the broker would refuse any of it, without making any: an exchange or queue of that name but with other arguments.
    /// </summary>
    /// <exception cref="OperationInterruptedException">The broker refuses.</exception>
    public static async Task CheckAsync(
        IConnection connection, BrokerOptions options, IReadOnlyList<TimeSpan> retryDelays, IReadOnlyCollection<string> models, CancellationToken cancellationToken)
    {
        IChannel? channel = null;
        try
        {
            foreach (var part in PartsOf(options, retryDelays, models))
            {
                channel ??= await connection.CreateChannelAsync(cancellationToken: cancellationToken);
                try
                {
                    await part.LookAsync(channel, cancellationToken);
                }
                catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == Constants.NotFound)
                {
                    // Looking for what is not there costs the channel.
                    await channel.DisposeAsync();
                    channel = null;
                    continue;
                }

                // It is there, so this compares and makes nothing.
                await part.DeclareAsync(channel, cancellationToken);
            }
        }
        finally
        {
            if (channel is not null)
            {
                await channel.DisposeAsync();
            }
        }
    }

    /// <summary>Declares everything for the models.</summary>
    /// <exception cref="OperationInterruptedException">The broker refuses; the channel is closed.</exception>
    public static async Task DeclareAsync(
        IChannel channel, BrokerOptions options, IReadOnlyList<TimeSpan> retryDelays, IReadOnlyCollection<string> models, CancellationToken cancellationToken)
    {
        foreach (var part in PartsOf(options, retryDelays, models))
        {
            await part.DeclareAsync(channel, cancellationToken);
        }

        foreach (var (queue, exchange, routingKey) in BindingsOf(retryDelays, models))
        {
            await channel.QueueBindAsync(queue, exchange, routingKey, cancellationToken: cancellationToken);
        }
    }

    /// <summary>Exchanges and queues, each behind those that it names.</summary>
    private static IEnumerable<BrokerPart> PartsOf(BrokerOptions options, IReadOnlyList<TimeSpan> retryDelays, IReadOnlyCollection<string> models)
    {
        // Each dead letter goes to both queues: one keeps it for people, the other brings it to a worker, which gives the job its row.
        yield return BrokerPart.Exchange(BrokerNames.DeadLetters, ExchangeType.Fanout);
        yield return BrokerPart.Queue(BrokerNames.DeadLetters, s_deadLetterArguments);
        yield return BrokerPart.Queue(BrokerNames.DeadLetterRows, s_deadLetterRowsArguments);
        yield return BrokerPart.Exchange(BrokerNames.Exchange, ExchangeType.Direct);
        yield return BrokerPart.Exchange(BrokerNames.RetryReturn, ExchangeType.Direct, s_returnArguments);
        yield return BrokerPart.Queue(BrokerNames.RetryProbes, s_probeArguments);
        var arguments = JobQueueArguments(options);
        foreach (var (_, queue) in QueuesOf(models))
        {
            yield return BrokerPart.Queue(queue, arguments);
            // MassTransit's own way to a queue: an exchange of its name. Its users send to exchange:millrace.MODEL.
            yield return BrokerPart.Exchange(queue, ExchangeType.Fanout);
        }

        // Where jobs wait for their next attempt: nobody consumes, the messages expire and are dead-lettered to the exchange of those that
        // return. They keep the routing key that they were published with, so each comes back to its own queue. One queue for each delay: a
        // queue expires its messages only from its head, so that a short wait would stand behind a long one.
        foreach (var delay in retryDelays)
        {
            yield return BrokerPart.Exchange(BrokerNames.Retry(delay), ExchangeType.Fanout);
            yield return BrokerPart.Queue(BrokerNames.Retry(delay), RetryQueueArguments(delay));
        }
    }

    private static IEnumerable<(string Queue, string Exchange, string RoutingKey)> BindingsOf(
        IReadOnlyList<TimeSpan> retryDelays, IReadOnlyCollection<string> models)
    {
        yield return (BrokerNames.DeadLetters, BrokerNames.DeadLetters, "");
        yield return (BrokerNames.DeadLetterRows, BrokerNames.DeadLetters, "");
        yield return (BrokerNames.RetryProbes, BrokerNames.RetryReturn, BrokerNames.RetryProbeKey);
        foreach (var (routingKey, queue) in QueuesOf(models))
        {
            // The way back first: no job may come in that could not.
            yield return (queue, BrokerNames.RetryReturn, routingKey);
            yield return (queue, BrokerNames.Exchange, routingKey);
            yield return (queue, queue, "");
        }

        foreach (var delay in retryDelays)
        {
            yield return (BrokerNames.Retry(delay), BrokerNames.Retry(delay), "");
        }
    }

    private static IEnumerable<(string RoutingKey, string Queue)> QueuesOf(IReadOnlyCollection<string> models)
    {
        foreach (var model in models)
        {
            foreach (var lane in Enum.GetValues<Lane>())
            {
                yield return (BrokerNames.RoutingKey(model, lane), BrokerNames.Queue(model, lane));
            }
        }
    }

    private static Dictionary<string, object?> JobQueueArguments(BrokerOptions options) => new(StringComparer.Ordinal)
    {
        ["x-queue-type"] = "quorum",
        ["x-delivery-limit"] = options.DeliveryLimit,
        ["x-dead-letter-exchange"] = BrokerNames.DeadLetters,
        // A dead letter leaves its queue only when the dead-letter queue has it; that strategy wants this overflow behaviour.
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
    };

    private static Dictionary<string, object?> RetryQueueArguments(TimeSpan delay) => new(StringComparer.Ordinal)
    {
        ["x-queue-type"] = "quorum",
        ["x-message-ttl"] = (long)delay.TotalMilliseconds,
        ["x-dead-letter-exchange"] = BrokerNames.RetryReturn,
        // A job leaves this queue only when its own has it; that strategy wants this overflow behaviour.
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
    };
}
