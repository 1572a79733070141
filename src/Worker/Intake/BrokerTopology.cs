using Millrace.Contracts;
using RabbitMQ.Client;

namespace Millrace.Worker.Intake;

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

    /// <summary>The arguments of the queue with the dead letters that are to get rows.</summary>
    public static IReadOnlyDictionary<string, object?> DeadLetterRowsArguments { get; } = new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["x-queue-type"] = "quorum",
        // A row that no store takes, or a body that ends the worker, must not come back for ever. The other queue still has it then.
        ["x-delivery-limit"] = 100,
    };

    /// <summary>Declares everything for the models.</summary>
    /// <exception cref="RabbitMQ.Client.Exceptions.OperationInterruptedException">The broker refuses; the channel is closed.</exception>
    public static async Task DeclareAsync(
        IChannel channel, BrokerOptions options, IEnumerable<TimeSpan> retryDelays, IEnumerable<string> models, CancellationToken cancellationToken)
    {
        await channel.ExchangeDeclareAsync(BrokerNames.DeadLetters, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        // Each dead letter goes to both: one keeps it for people, the other brings it to a worker, which gives the job its row.
        await DeclareQueueAsync(channel, BrokerNames.DeadLetters, s_deadLetterArguments, cancellationToken);
        await channel.QueueBindAsync(BrokerNames.DeadLetters, BrokerNames.DeadLetters, "", cancellationToken: cancellationToken);
        await DeclareQueueAsync(channel, BrokerNames.DeadLetterRows, DeadLetterRowsArguments, cancellationToken);
        await channel.QueueBindAsync(BrokerNames.DeadLetterRows, BrokerNames.DeadLetters, "", cancellationToken: cancellationToken);

        await channel.ExchangeDeclareAsync(BrokerNames.Exchange, ExchangeType.Direct, durable: true, cancellationToken: cancellationToken);
        var arguments = JobQueueArguments(options);
        foreach (var model in models)
        {
            foreach (var lane in Enum.GetValues<Lane>())
            {
                var queue = BrokerNames.Queue(model, lane);
                await DeclareQueueAsync(channel, queue, arguments, cancellationToken);
                await channel.QueueBindAsync(
                    queue, BrokerNames.Exchange, BrokerNames.RoutingKey(model, lane), cancellationToken: cancellationToken);
                // MassTransit's own way to a queue: an exchange of its name. Its users send to exchange:millrace.MODEL.
                await channel.ExchangeDeclareAsync(queue, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
                await channel.QueueBindAsync(queue, queue, "", cancellationToken: cancellationToken);
            }
        }

        // Where jobs wait for their next attempt: nobody consumes, the messages expire and are dead-lettered to the exchange of the jobs.
        // They keep the routing key that they were published with, so each comes back to its own queue. One queue for each delay: a
        // queue expires its messages only from its head, so that a short wait would stand behind a long one.
        foreach (var delay in retryDelays.Distinct())
        {
            var name = BrokerNames.Retry(delay);
            await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
            await DeclareQueueAsync(channel, name, RetryQueueArguments(delay), cancellationToken);
            await channel.QueueBindAsync(name, name, "", cancellationToken: cancellationToken);
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
        ["x-dead-letter-exchange"] = BrokerNames.Exchange,
        // A job leaves this queue only when its own has it; that strategy wants this overflow behaviour.
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
    };

    private static Task<QueueDeclareOk> DeclareQueueAsync(
        IChannel channel, string queue, IReadOnlyDictionary<string, object?> arguments, CancellationToken cancellationToken) =>
        channel.QueueDeclareAsync(
            queue,
            durable: true,
            exclusive: false,
            autoDelete: false,
            new Dictionary<string, object?>(arguments, StringComparer.Ordinal),
            cancellationToken: cancellationToken);
}
