using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Intake;
using Millrace.Worker.Resilience;
using RabbitMQ.Client;

namespace Millrace.Worker.Delivery;

/// <summary>
/// Declares, before the intake starts, where jobs wait for their next attempt: for each delay an exchange and a quorum queue without
/// consumers, whose messages expire after the delay and are dead-lettered to <c>millrace</c>. They keep the routing key that they were
/// published with, so each comes back to its own queue.
/// </summary>
/// <remarks>One queue for each delay, because a queue expires its messages only from its head: a short wait would stand behind a long one.</remarks>
internal sealed partial class RetryTopology(
    IOptions<BrokerOptions> broker, IOptions<RetryOptions> options, RetryPipelines retries, ILogger<RetryTopology> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await retries.Broker.ExecuteAsync(DeclareAsync, cancellationToken);
        LogDeclared(string.Join(", ", options.Value.DelayList.Distinct().Select(BrokerNames.Retry)));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async ValueTask DeclareAsync(CancellationToken cancellationToken)
    {
        await using var connection = await broker.Value.CreateConnectionFactory("retries").CreateConnectionAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        // What the queues dead-letter to; the intake declares it in the same way.
        await channel.ExchangeDeclareAsync(BrokerNames.Exchange, ExchangeType.Direct, durable: true, cancellationToken: cancellationToken);
        foreach (var delay in options.Value.DelayList.Distinct())
        {
            var name = BrokerNames.Retry(delay);
            await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
            await channel.QueueDeclareAsync(
                name, durable: true, exclusive: false, autoDelete: false, ToArguments(delay), cancellationToken: cancellationToken);
            await channel.QueueBindAsync(name, name, routingKey: "", cancellationToken: cancellationToken);
        }
    }

    private static Dictionary<string, object?> ToArguments(TimeSpan delay) => new(StringComparer.Ordinal)
    {
        ["x-queue-type"] = "quorum",
        ["x-message-ttl"] = (long)delay.TotalMilliseconds,
        ["x-dead-letter-exchange"] = BrokerNames.Exchange,
        // A job leaves this queue only when its own has it; that strategy wants this overflow behaviour.
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
    };

    [LoggerMessage(EventId = 360, Level = LogLevel.Information, Message = "Jobs wait for their next attempt in {Queues}")]
    private partial void LogDeclared(string queues);
}
