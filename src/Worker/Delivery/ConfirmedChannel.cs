using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Worker.Delivery;

/// <summary>
/// A channel that publishes mandatory and confirmed, any number in flight. The client library can keep the account itself, at the price of a
/// header, a semaphore and a task for each message; here it is a <see cref="ConfirmLedger"/>.
/// </summary>
internal sealed class ConfirmedChannel : IAsyncDisposable
{
    private static readonly CreateChannelOptions s_options = new(
        publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false, outstandingPublisherConfirmationsRateLimiter: null);

    private readonly IChannel _channel;
    private readonly Action<PendingSend, ShutdownEventArgs?> _retry;
    private readonly ConfirmLedger _ledger = new();
    private readonly MessageProperties _properties = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly List<PendingSend> _answered = [];

    private ConfirmedChannel(IChannel channel, Action<PendingSend, ShutdownEventArgs?> retry)
    {
        _channel = channel;
        _retry = retry;
        channel.BasicAcksAsync += AckedAsync;
        channel.BasicNacksAsync += NackedAsync;
        channel.BasicReturnAsync += ReturnedAsync;
        channel.ChannelShutdownAsync += ShutDownAsync;
    }

    /// <summary>Cancelled once nothing can be published any more.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <param name="connection">The connection to open it on.</param>
    /// <param name="retry">
    /// Gets each message that was not confirmed: refused by the broker, then the reason is null, or in flight when the channel ended.
    /// </param>
    /// <param name="cancellationToken">Ends the opening.</param>
    public static async Task<ConfirmedChannel> OpenAsync(
        IConnection connection, Action<PendingSend, ShutdownEventArgs?> retry, CancellationToken cancellationToken)
    {
        var opened = new ConfirmedChannel(await connection.CreateChannelAsync(s_options, cancellationToken), retry);
        if (opened._channel.CloseReason is { } reason)
        {
            await opened.ShutDownAsync(opened._channel, reason);
        }

        return opened;
    }

    /// <summary>Publishes. For one task at a time: the order is the broker's count.</summary>
    /// <returns>False where the channel is gone, and the message is not in flight.</returns>
    public async ValueTask<bool> TryPublishAsync(PendingSend send, CancellationToken cancellationToken)
    {
        send.IsReturned = false;
        var properties = _properties.Of(send.Message);
        if (!_ledger.TryAdd(send))
        {
            return false;
        }

        try
        {
            await _channel.BasicPublishAsync(
                send.Message.Exchange, send.Message.RoutingKey, mandatory: true, properties, send.Message.Body.Bytes, cancellationToken);
            return true;
        }
        catch (Exception) when (!_channel.IsOpen)
        {
            // Its shutdown hands on what is in the ledger, this one too.
            return true;
        }
        catch
        {
            // Whether it has left is not known, and so the count is not known either.
            _ledger.Withdraw();
            await _channel.AbortAsync(CancellationToken.None);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        _gone.Dispose();
    }

    private Task AckedAsync(object sender, BasicAckEventArgs answer)
    {
        _answered.Clear();
        _ledger.Take(answer.DeliveryTag, answer.Multiple, _answered);
        foreach (var send in _answered)
        {
            send.TrySet(send.IsReturned ? SendOutcome.Unroutable : SendOutcome.Confirmed);
        }

        return Task.CompletedTask;
    }

    private Task NackedAsync(object sender, BasicNackEventArgs answer)
    {
        _answered.Clear();
        _ledger.Take(answer.DeliveryTag, answer.Multiple, _answered);
        _answered.ForEach(send => _retry(send, null));
        return Task.CompletedTask;
    }

    private Task ReturnedAsync(object sender, BasicReturnEventArgs answer)
    {
        _ledger.TryMarkReturned(answer.Exchange, answer.RoutingKey, answer.BasicProperties.CorrelationId, answer.Body.Span);
        return Task.CompletedTask;
    }

    private Task ShutDownAsync(object sender, ShutdownEventArgs reason)
    {
        foreach (var send in _ledger.Close())
        {
            _retry(send, reason);
        }

        return _gone.CancelAsync();
    }
}
