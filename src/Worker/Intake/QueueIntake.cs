using Microsoft.Extensions.Logging;
using Millrace.Worker.Broker;
using Millrace.Worker.Resilience;
using RabbitMQ.Client;

namespace Millrace.Worker.Intake;

/// <summary>
/// Consumes one queue until the worker stops, on a new channel whenever the last one is lost, and with another prefetch whenever the
/// window changes.
/// </summary>
internal sealed partial class QueueIntake(
    string queue,
    PrefetchWindow window,
    Func<CancellationToken, Task<IChannel>> openChannel,
    Func<IChannel, CancellationToken, Task> declare,
    Func<IChannel, OpenDeliveries, Action<Exception>, QueueConsumer> createConsumer,
    RetryPipelines retries,
    TimeProvider time,
    ILogger logger)
{
    private static readonly TimeSpan s_cancelTimeout = TimeSpan.FromSeconds(3);

    // How often a full window is looked at: some steps take it from a handful to the limit, and they are to take well under a second.
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly TaskCompletionSource _consuming = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _silent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Of this channel and of those that were lost before it.
    private readonly OpenDeliveries _held = new();
    private string? _tag;

    /// <summary>Ends once deliveries may come.</summary>
    public Task Consuming => _consuming.Task;

    /// <summary>Ends once no delivery comes any more, because the worker stops or because this has failed.</summary>
    public Task Silent => _silent.Task;

    /// <summary>Consumes, and at the end finishes what is in flight. Fails as soon as one of its loops does, those of lost channels included.</summary>
    /// <param name="stopping">Ends the consuming.</param>
    /// <param name="giveUp">Ends the wait for what is in flight then.</param>
    /// <exception cref="OperationCanceledException">Not all that was in flight has ended in time, or it was not consuming at all.</exception>
    public async Task RunAsync(CancellationToken stopping, CancellationToken giveUp) =>
        await await Task.WhenAny(ConsumeAsync(stopping, giveUp), _failure.Task);

    private async Task ConsumeAsync(CancellationToken stopping, CancellationToken giveUp)
    {
        try
        {
            for (var isDeclared = true; ; isDeclared = false)
            {
                await WaitForRoomAsync(stopping);
                var (channel, deliveries) = await retries.Broker.ExecuteAsync(
                    async (declared, token) => await OpenAsync(declared, token), isDeclared, stopping);
                using (deliveries)
                {
                    await using (channel)
                    {
                        _consuming.TrySetResult();
                        try
                        {
                            LogLost(queue, await FollowAsync(channel, deliveries, stopping));
                        }
                        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
                        {
                            await CancelAsync(channel, giveUp);
                            deliveries.Close();
                            _silent.TrySetResult();
                            await deliveries.DrainAsync(giveUp);
                            return;
                        }
                    }
                }
            }
        }
        finally
        {
            _silent.TrySetResult();
        }
    }

    /// <summary>
    /// What is held of lost channels comes again on the next one: with the store away, each loss would add a prefetch to what waits for
    /// it. So there is one beside the channel's own at most.
    /// </summary>
    private async Task WaitForRoomAsync(CancellationToken stopping)
    {
        if (_held.Count > window.Limit)
        {
            LogHeld(queue, _held.Count, window.Limit);
            await _held.AtMostAsync(window.Limit, stopping);
        }
    }

    private async Task<(IChannel Channel, QueueConsumer Deliveries)> OpenAsync(bool isDeclared, CancellationToken cancellationToken)
    {
        var channel = await openChannel(cancellationToken);
        var deliveries = createConsumer(channel, _held, fault => _failure.TrySetException(fault));
        try
        {
            if (!isDeclared)
            {
                // A broker may come back without what it had; a queue may have been deleted.
                await declare(channel, cancellationToken);
            }

            await SubscribeAsync(channel, deliveries, cancellationToken);
            return (channel, deliveries);
        }
        catch (Exception fault)
        {
            deliveries.Dispose();
            await channel.DisposeAsync();
            // How the client tells that an answer did not come in its own time.
            throw fault is OperationCanceledException && !cancellationToken.IsCancellationRequested
                ? new TimeoutException($"{queue}: the broker did not answer", fault)
                : fault;
        }
    }

    /// <summary>A prefetch is a consumer's, from its begin on: a quorum queue has none for the channel.</summary>
    private async Task SubscribeAsync(IChannel channel, QueueConsumer deliveries, CancellationToken cancellationToken)
    {
        await channel.BasicQosAsync(0, (ushort)window.Size, global: false, cancellationToken);
        _tag = await channel.BasicConsumeAsync(queue, autoAck: false, deliveries, cancellationToken);
    }

    /// <summary>Changes the prefetch with the window until the channel is lost.</summary>
    /// <returns>Why it is.</returns>
    private async Task<string> FollowAsync(IChannel channel, QueueConsumer deliveries, CancellationToken stopping)
    {
        while (true)
        {
            // A full window is no wait, and says nothing of a stop.
            stopping.ThrowIfCancellationRequested();
            await Task.WhenAny(deliveries.Ended, deliveries.FilledAsync(window.Size)).WaitAsync(stopping);
            var before = window.Size;
            if (!deliveries.Ended.IsCompleted && window.Update())
            {
                // Beside what is held of the old size: of a smaller window half, so that the sessions have work until more comes.
                var most = window.Size < before ? window.Size / 2 : window.Limit - window.Size;
                await ResizeAsync(channel, deliveries, Math.Min(most, window.Limit - window.Size), stopping);
            }

            await Task.WhenAny(deliveries.Ended, Task.Delay(s_look, time, stopping)).WaitAsync(stopping);
            if (deliveries.Ended.IsCompleted)
            {
                return await deliveries.Ended;
            }
        }
    }

    /// <summary>
    /// Consumes anew on the same channel, where what came before stays to be acked. The old consumer goes first, so that never more than
    /// the limit is held.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <param name="deliveries">Its consumer.</param>
    /// <param name="most">What may be held when it begins.</param>
    /// <param name="stopping">Ends the wait for that.</param>
    private async Task ResizeAsync(IChannel channel, QueueConsumer deliveries, int most, CancellationToken stopping)
    {
        // An answer that is on its way when the worker is told to stop would be taken for the answer to the next question.
        using var limit = new CancellationTokenSource();
        await using var _ = stopping.Register(() => limit.CancelAfter(s_cancelTimeout));
        try
        {
            await channel.BasicCancelAsync(_tag!, cancellationToken: limit.Token);
            _tag = null;
            // Also where the model is so slow that it takes long: the sessions have work meanwhile.
            await Task.WhenAny(deliveries.Ended, deliveries.AtMostAsync(most, stopping)).WaitAsync(stopping);
            if (!deliveries.Ended.IsCompleted)
            {
                await SubscribeAsync(channel, deliveries, limit.Token);
                LogWindow(queue, window.Size);
            }
        }
        catch (Exception fault) when ((fault is OperationCanceledException && !stopping.IsCancellationRequested) || BrokerFaults.IsTransient(fault))
        {
            // It is lost, or as good as that.
            await deliveries.LoseAsync(fault.Message);
        }
    }

    /// <summary>Takes no job any more. Where the connection is dead, none comes anyway, and what is in flight is finished all the same.</summary>
    private async Task CancelAsync(IChannel channel, CancellationToken giveUp)
    {
        if (_tag is null)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(giveUp);
        limit.CancelAfter(s_cancelTimeout);
        try
        {
            await channel.BasicCancelAsync(_tag, cancellationToken: limit.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException || BrokerFaults.IsTransient(fault))
        {
            LogNotCancelled(queue, fault.Message);
        }
    }

    [LoggerMessage(EventId = 505, Level = LogLevel.Warning, Message = "{Queue}: no longer consumed: {Reason}. Consuming it again")]
    private partial void LogLost(string queue, string reason);

    [LoggerMessage(EventId = 506, Level = LogLevel.Warning, Message = "{Queue}: the broker does not answer that the consumer is cancelled: {Reason}")]
    private partial void LogNotCancelled(string queue, string reason);

    [LoggerMessage(EventId = 507, Level = LogLevel.Debug, Message = "{Queue}: up to {Deliveries} job(s) are held from now on")]
    private partial void LogWindow(string queue, int deliveries);

    [LoggerMessage(EventId = 508, Level = LogLevel.Warning, Message = "{Queue}: {Deliveries} job(s) of lost channels are held still; it is consumed again once they are {Limit} at most")]
    private partial void LogHeld(string queue, int deliveries, int limit);
}
