using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Contracts.Tls;
using Millrace.Worker.Broker;
using Millrace.Worker.Inference;
using Millrace.Worker.Resilience;
using Millrace.Worker.Retries;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Worker.Intake;

/// <summary>
/// Holds the start until the broker is there and has what the worker needs. What it refuses for good ends the start, with what is to be done.
/// </summary>
internal sealed partial class BrokerGate(
    IOptions<BrokerOptions> options, IOptions<RetryOptions> delays, WorkerLogins logins, ModelCatalog catalog, RetryPipelines retries, ILogger<BrokerGate> logger)
    : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        LogConnecting(options.Value.Description);
        await retries.Broker.ExecuteAsync(DeclareAsync, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async ValueTask DeclareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await options.Value.CreateConnectionFactory("topology").CreateConnectionAsync(cancellationToken);
            await CheckLoginAsync(connection, cancellationToken);
            // All that may be refused is, before anything is made: a worker that cannot start leaves nothing behind.
            await BrokerTopology.CheckAsync(connection, options.Value, delays.Value.QueueDelays, catalog.Names, cancellationToken);
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            await BrokerTopology.DeclareAsync(channel, options.Value, delays.Value.QueueDelays, catalog.Names, cancellationToken);
        }
        catch (Exception fault) when (BrokerFaults.Problem(fault, options.Value.Description) is { } problem)
        {
            throw new BrokerSetupException(problem, fault);
        }
        catch (BrokerUnreachableException fault) when (PortProbe.IsWorthwhile(fault))
        {
            var uri = new Uri(options.Value.Uri!);
            if (await PortProbe.FindWrongSchemeAsync(uri, AmqpUri.PortOf(uri), cancellationToken) is { } problem)
            {
                throw new BrokerSetupException($"{options.Value.Description}: {problem} (Broker:Uri, environment: Broker__Uri).", fault);
            }

            throw;
        }
    }

    /// <summary>Whether the broker knows the login by the name that retries will have in their <c>user_id</c>: it closes the channel over any other.</summary>
    private async Task CheckLoginAsync(IConnection connection, CancellationToken cancellationToken)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            // To no queue: no name of one is empty. The call after it is answered once the broker has seen this one.
            await channel.BasicPublishAsync(
                "", "", mandatory: false, new BasicProperties { UserId = logins.Own }, ReadOnlyMemory<byte>.Empty, cancellationToken);
            await channel.ExchangeDeclarePassiveAsync("amq.direct", cancellationToken);
        }
        catch (OperationInterruptedException refusal) when (refusal.ShutdownReason?.ReplyCode == Constants.PreconditionFailed)
        {
            throw new BrokerSetupException(
                $"{options.Value.Description} knows this login by another name: {refusal.ShutdownReason.ReplyText}. Set Broker:UserId (Broker__UserId) "
                + "to the name of the user that it says was authenticated.",
                refusal);
        }
    }

    [LoggerMessage(EventId = 510, Level = LogLevel.Information, Message = "Connecting to the broker at {Broker}")]
    private partial void LogConnecting(string broker);
}
