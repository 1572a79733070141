using Microsoft.Extensions.Logging;
using Millrace.Contracts;
using Millrace.Worker.Resilience;
using RabbitMQ.Client;

namespace Millrace.Worker.Intake;

/// <summary>Consumes one queue until the worker stops, on a new channel whenever the last one is lost.</summary>
internal sealed partial class QueueIntake(
    string model,
    Lane lane,
    ushort prefetch,
    IntakeConnection connection,
    Func<IChannel, CancellationToken, Task> declare,
    JobConsumer consumer,
    RetryPipelines retries,
    TimeProvider time,
    ILogger logger)
{
    private static readonly TimeSpan s_cancelTimeout = TimeSpan.FromSeconds(3);

    private readonly TaskCompletionSource _consuming = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _queue = BrokerNames.Queue(model, lane);

    /// <summary>Ends once deliveries may come.</summary>
    public Task Consuming => _consuming.Task;

    /// <summary>Consumes, and at the end finishes what is in flight.</summary>
    /// <param name="stopping">Ends the consuming.</param>
    /// <param name="giveUp">Ends the wait for what is in flight then.</param>
    /// <exception cref="OperationCanceledException">Not all that was in flight has ended in time, or it was not consuming at all.</exception>
    public async Task RunAsync(CancellationToken stopping, CancellationToken giveUp)
    {
        for (var isDeclared = true; ; isDeclared = false)
        {
            var (channel, deliveries, tag) = await retries.Broker.ExecuteAsync(
                async (declared, token) => await ConsumeAsync(declared, token), isDeclared, stopping);
            using (deliveries)
            {
                await using (channel)
                {
                    _consuming.TrySetResult();
                    try
                    {
                        LogLost(_queue, await deliveries.Ended.WaitAsync(stopping));
                    }
                    catch (OperationCanceledException) when (stopping.IsCancellationRequested)
                    {
                        await CancelAsync(channel, tag, giveUp);
                        await deliveries.DrainAsync(giveUp);
                        return;
                    }
                }
            }
        }
    }

    private async Task<(IChannel Channel, QueueConsumer Deliveries, string Tag)> ConsumeAsync(bool isDeclared, CancellationToken cancellationToken)
    {
        var channel = await connection.OpenChannelAsync(cancellationToken);
        var deliveries = new QueueConsumer(channel, consumer, model, lane, time, logger);
        try
        {
            if (!isDeclared)
            {
                // A broker may come back without what it had; a queue may have been deleted.
                await declare(channel, cancellationToken);
            }

            await channel.BasicQosAsync(0, prefetch, global: false, cancellationToken);
            return (channel, deliveries, await channel.BasicConsumeAsync(_queue, autoAck: false, deliveries, cancellationToken));
        }
        catch (Exception fault)
        {
            deliveries.Dispose();
            await channel.DisposeAsync();
            // How the client tells that an answer did not come in its own time.
            throw fault is OperationCanceledException && !cancellationToken.IsCancellationRequested
                ? new TimeoutException($"{_queue}: the broker did not answer", fault)
                : fault;
        }
    }

    /// <summary>Takes no job any more. Where the connection is dead, none comes anyway, and what is in flight is finished all the same.</summary>
    private async Task CancelAsync(IChannel channel, string tag, CancellationToken giveUp)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(giveUp);
        limit.CancelAfter(s_cancelTimeout);
        try
        {
            await channel.BasicCancelAsync(tag, cancellationToken: limit.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException || BrokerFaults.IsTransient(fault))
        {
            LogNotCancelled(_queue, fault.Message);
        }
    }

    [LoggerMessage(EventId = 505, Level = LogLevel.Warning, Message = "{Queue}: no longer consumed: {Reason}. Consuming it again")]
    private partial void LogLost(string queue, string reason);

    [LoggerMessage(EventId = 506, Level = LogLevel.Warning, Message = "{Queue}: the broker does not answer that the consumer is cancelled: {Reason}")]
    private partial void LogNotCancelled(string queue, string reason);
}
