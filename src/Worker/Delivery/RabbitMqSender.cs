using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Worker.Intake;
using Millrace.Worker.Resilience;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Worker.Delivery;

/// <summary>
/// Publishes mandatory and confirmed, hundreds in flight, on a connection and channels of its own: a reply queue that is gone, or one
/// that may not be written to, then disturbs no consumer. docs/adr/0001 says why MassTransit's own send is not used for it.
/// </summary>
internal sealed partial class RabbitMqSender(
    IOptions<BrokerOptions> broker, IOptions<DeliveryOptions> options, RetryPipelines retries, ILogger<RabbitMqSender> logger)
    : IMessageSender, IHostedService, IDisposable
{
    // The broker closes the channel over a message larger than its max_message_size, and with it fails the messages in flight beside
    // it. Only large ones are suspects, and only so often.
    private const int SuspectBytes = 1024 * 1024;
    private const int MaxRefusals = 3;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    // Unbounded because it is bounded already: each entry belongs to an unacked delivery.
    private readonly Channel<PendingSend> _waiting = Channel.CreateUnbounded<PendingSend>();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];

    public bool KeepsBodies => false;

    public ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken)
    {
        var send = new PendingSend(message);
        if (!_waiting.Writer.TryWrite(send))
        {
            send.TryCancel();
        }

        return cancellationToken.CanBeCanceled
            ? new ValueTask<SendOutcome>(send.Outcome.AsTask().WaitAsync(cancellationToken))
            : send.Outcome;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < options.Value.ReplyChannels; i++)
        {
            _loops.Add(Task.Run(() => RunAsync(_stop.Token), CancellationToken.None));
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // The intake has ended before: nothing waits for a reply any more, or its time is up.
        _waiting.Writer.TryComplete();
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                var (connection, channel) = await retries.Broker.ExecuteAsync(OpenAsync, stopping);
                await using (connection)
                {
                    await using (channel)
                    {
                        await PumpAsync(channel, stopping);
                    }
                }

                // A broker that takes a connection and then refuses whatever comes over it.
                await Task.Delay(s_pause, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            while (_waiting.Reader.TryRead(out var send))
            {
                send.TryCancel();
            }
        }
    }

    private async ValueTask<(IConnection Connection, ConfirmedChannel Channel)> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await broker.Value.CreateConnectionFactory("replies").CreateConnectionAsync(cancellationToken);
        try
        {
            return (connection, await ConfirmedChannel.OpenAsync(connection, Retry, cancellationToken));
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
                    if (!await TryPublishAsync(channel, send, stopping))
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
            // The channel is gone, and what was in flight waits again.
        }
    }

    /// <returns>False where the channel is of no use any more.</returns>
    private async ValueTask<bool> TryPublishAsync(ConfirmedChannel channel, PendingSend send, CancellationToken stopping)
    {
        try
        {
            if (await channel.TryPublishAsync(send, stopping))
            {
                return true;
            }

            Retry(send);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            send.TryCancel();
        }
        catch (Exception fault)
        {
            // The client cannot write it: a name longer than AMQP's 255 bytes. Trying again would change nothing.
            LogNotWritable(fault, send.Message.RoutingKey);
            send.TrySet(SendOutcome.Unroutable);
        }

        return false;
    }

    /// <param name="send">What the broker did not confirm.</param>
    /// <param name="reason">Why its channel ended; null where the broker refused this message alone, and may take it later.</param>
    private void Retry(PendingSend send, ShutdownEventArgs? reason)
    {
        var message = send.Message;
        LogNotSent(message.RoutingKey, reason?.ReplyText ?? "the broker refused it");
        if (reason is not null && (IsMissingExchange(reason, message) || (IsRefusal(reason, message) && ++send.Refusals >= MaxRefusals)))
        {
            send.TrySet(SendOutcome.Unroutable);
        }
        else
        {
            Retry(send);
        }
    }

    private void Retry(PendingSend send)
    {
        if (!_waiting.Writer.TryWrite(send))
        {
            send.TryCancel();
        }
    }

    /// <summary>The channel ends over it, for the messages in flight beside it too: only the one to that exchange is to blame.</summary>
    private static bool IsMissingExchange(ShutdownEventArgs reason, OutboundMessage message) =>
        reason.ReplyCode == Constants.NotFound
        && message.Exchange.Length > 0
        && reason.ReplyText.Contains($"'{message.Exchange}'", StringComparison.Ordinal);

    private static bool IsRefusal(ShutdownEventArgs reason, OutboundMessage message) =>
        reason.ReplyCode == Constants.PreconditionFailed && message.Body.Bytes.Length > SuspectBytes;

    [LoggerMessage(EventId = 320, Level = LogLevel.Warning, Message = "A message to {RoutingKey} was not confirmed; it is sent again: {Reason}")]
    private partial void LogNotSent(string routingKey, string reason);

    [LoggerMessage(EventId = 321, Level = LogLevel.Error, Message = "A message to {RoutingKey} cannot be written; it counts as undeliverable")]
    private partial void LogNotWritable(Exception fault, string routingKey);
}
