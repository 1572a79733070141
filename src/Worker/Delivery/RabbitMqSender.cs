using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Intake;
using Millrace.Worker.Resilience;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

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

    // Unbounded because it is bounded already: each entry belongs to an unacked delivery.
    private readonly Channel<PendingSend> _waiting = Channel.CreateUnbounded<PendingSend>();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];

    public async ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken)
    {
        var send = new PendingSend(message);
        if (!_waiting.Writer.TryWrite(send))
        {
            throw new OperationCanceledException("The worker ends before the message could be sent.");
        }

        return await send.Outcome.Task.WaitAsync(cancellationToken);
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
                await using var connection = await retries.Broker.ExecuteAsync(
                    async token => await broker.Value.CreateConnectionFactory("replies").CreateConnectionAsync(token), stopping);
                var channelOptions = new CreateChannelOptions(
                    publisherConfirmationsEnabled: true,
                    publisherConfirmationTrackingEnabled: true,
                    outstandingPublisherConfirmationsRateLimiter: null);
                await using var channel = await connection.CreateChannelAsync(channelOptions, stopping);
                await PumpAsync(channel, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            while (_waiting.Reader.TryRead(out var send))
            {
                send.Outcome.TrySetCanceled(stopping);
            }
        }
    }

    private async Task PumpAsync(IChannel channel, CancellationToken stopping)
    {
        while (await _waiting.Reader.WaitToReadAsync(stopping))
        {
            while (_waiting.Reader.TryRead(out var send))
            {
                if (!channel.IsOpen)
                {
                    Retry(send, stopping);
                    return;
                }

                _ = PublishAsync(channel, send, stopping);
            }
        }

        // Written to no more, but what is in flight still wants its confirm: the caller's cancellation ends the wait.
        await Task.Delay(Timeout.Infinite, stopping);
    }

    private async Task PublishAsync(IChannel channel, PendingSend send, CancellationToken stopping)
    {
        var message = send.Message;
        try
        {
            await channel.BasicPublishAsync(
                message.Exchange, message.RoutingKey, mandatory: true, ToProperties(message), message.Body.Bytes, stopping);
            send.Outcome.TrySetResult(SendOutcome.Confirmed);
        }
        catch (PublishException fault) when (fault.IsReturn)
        {
            send.Outcome.TrySetResult(SendOutcome.Unroutable);
        }
        catch (OperationInterruptedException fault) when (IsMissingExchange(fault, message))
        {
            send.Outcome.TrySetResult(SendOutcome.Unroutable);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            send.Outcome.TrySetCanceled(stopping);
        }
        catch (Exception fault)
        {
            LogNotSent(fault, message.RoutingKey);
            if (IsRefusal(fault) && message.Body.Bytes.Length > SuspectBytes && ++send.Refusals >= MaxRefusals)
            {
                send.Outcome.TrySetResult(SendOutcome.Unroutable);
            }
            else
            {
                Retry(send, stopping);
            }
        }
    }

    private void Retry(PendingSend send, CancellationToken stopping)
    {
        if (!_waiting.Writer.TryWrite(send))
        {
            send.Outcome.TrySetCanceled(stopping);
        }
    }

    /// <summary>The channel ends over it, for the messages in flight beside it too: only the one to that exchange is to blame.</summary>
    private static bool IsMissingExchange(OperationInterruptedException fault, OutboundMessage message) =>
        fault.ShutdownReason is { ReplyCode: Constants.NotFound } reason
        && message.Exchange.Length > 0
        && reason.ReplyText.Contains($"'{message.Exchange}'", StringComparison.Ordinal);

    private static bool IsRefusal(Exception fault) =>
        fault is OperationInterruptedException { ShutdownReason.ReplyCode: Constants.PreconditionFailed };

    internal static BasicProperties ToProperties(OutboundMessage message)
    {
        var properties = new BasicProperties { ContentType = message.Body.ContentType, DeliveryMode = DeliveryModes.Persistent };
        if (message.CorrelationId is not null)
        {
            properties.CorrelationId = message.CorrelationId;
        }

        if (message.MessageId is not null)
        {
            properties.MessageId = message.MessageId;
        }

        if (message.ReplyTo is not null)
        {
            properties.ReplyTo = message.ReplyTo;
        }

        if (message.Timestamp is { } timestamp)
        {
            properties.Timestamp = new AmqpTimestamp(timestamp.ToUnixTimeSeconds());
        }

        if (message.Priority is { } priority)
        {
            properties.Priority = priority;
        }

        var headers = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (message.Status is { } status)
        {
            headers[BrokerNames.StatusHeader] = status.ToWireName();
        }

        if (message.Body.HeaderLength is { } length)
        {
            headers[OipFormat.HeaderLengthHeader] = length;
        }

        foreach (var (name, value) in message.Headers ?? new Dictionary<string, string>())
        {
            headers[name] = value;
        }

        properties.Headers = headers;
        return properties;
    }

    [LoggerMessage(EventId = 320, Level = LogLevel.Warning, Message = "A message to {RoutingKey} was not confirmed; it is sent again")]
    private partial void LogNotSent(Exception fault, string routingKey);

    private sealed class PendingSend(OutboundMessage message)
    {
        public OutboundMessage Message { get; } = message;

        public int Refusals { get; set; }

        public TaskCompletionSource<SendOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
