using System.Threading.Channels;
using Millrace.Worker.Broker;
using Millrace.Worker.Resilience;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Worker.Sending;

/// <summary>
/// One loop that sends what waits, on a connection and a channel of its own, opened anew once they are lost: all at once, or, in the lane
/// of the suspects, one message after the other.
/// </summary>
internal sealed class SendLane(
    OpenConnection open,
    RetryPipelines retries,
    Action<PendingSend, ShutdownEventArgs?> unconfirmed,
    Action<PendingSend> taken,
    Action<PendingSend> late,
    bool isAlone,
    TimeProvider time)
{
    // Between a channel's end and the next one. It grows while channels end soon after they were opened: a broker that takes a connection and
    // refuses whatever comes over it, or messages that cost it one by one.
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPauseAlone = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(5);

    // How long one message may hold up those that wait behind it.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    // Unbounded because it is bounded already: each entry belongs to an unacked delivery.
    private readonly Channel<PendingSend> _waiting = Channel.CreateUnbounded<PendingSend>();

    /// <summary>Takes a message. Never blocks.</summary>
    public void Add(PendingSend send)
    {
        if (!_waiting.Writer.TryWrite(send))
        {
            send.TryCancel();
        }
    }

    /// <summary>Takes no message any more, from anybody.</summary>
    public void Close() => _waiting.Writer.TryComplete();

    /// <summary>Cancels what waits, and what comes from now on: nobody sends it any more.</summary>
    public void End()
    {
        Close();
        while (_waiting.Reader.TryRead(out var send))
        {
            send.TryCancel();
        }
    }

    /// <summary>Runs until it is stopped; whatever waits then, or once the loop has failed, is cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            var pause = s_shortestPause;
            while (true)
            {
                // Suspects are rare: a connection for them is opened once there are some.
                if (isAlone && !await _waiting.Reader.WaitToReadAsync(stopping))
                {
                    await Task.Delay(Timeout.Infinite, stopping);
                }

                var start = time.GetTimestamp();
                var (connection, channel) = await retries.Broker.ExecuteAsync(OpenAsync, stopping);
                await using (connection)
                {
                    await using (channel)
                    {
                        await PumpAsync(channel, stopping);
                    }
                }

                var longest = isAlone ? s_longestPauseAlone : s_longestPause;
                pause = time.GetElapsedTime(start) > s_soon ? s_shortestPause
                    : pause * 2 < longest ? pause * 2
                    : longest;
                await Task.Delay(pause, time, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The worker ends.
        }
        finally
        {
            End();
        }
    }

    private async ValueTask<(IConnection Connection, ConfirmedChannel Channel)> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await open(cancellationToken);
        try
        {
            return (connection, await ConfirmedChannel.OpenAsync(connection, unconfirmed, taken, cancellationToken));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task PumpAsync(ConfirmedChannel channel, CancellationToken stopping)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping, channel.Gone);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(end.Token))
            {
                while (_waiting.Reader.TryRead(out var send))
                {
                    if (!await (isAlone ? TrySendAloneAsync(channel, send, stopping) : TrySendAsync(channel, send, stopping)))
                    {
                        return;
                    }
                }
            }

            // Written to no more, but what is in flight still wants its confirm: the caller's cancellation ends the wait.
            await Task.Delay(Timeout.Infinite, end.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // The channel is gone, and what was in flight is handed on.
        }
    }

    /// <returns>False where the channel is of no use any more.</returns>
    private async Task<bool> TrySendAloneAsync(ConfirmedChannel channel, PendingSend send, CancellationToken stopping)
    {
        try
        {
            if (!await channel.TryPublishAloneAsync(send, s_patience, time, stopping))
            {
                late(send);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            send.TryCancel();
            throw;
        }

        return !channel.Gone.IsCancellationRequested;
    }

    private async Task<bool> TrySendAsync(ConfirmedChannel channel, PendingSend send, CancellationToken stopping)
    {
        try
        {
            if (await channel.TryPublishAsync(send, stopping))
            {
                return true;
            }

            Add(send);
            return false;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            send.TryCancel();
            throw;
        }
    }
}
