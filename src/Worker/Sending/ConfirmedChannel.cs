using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Millrace.Worker.Sending;

/// <summary>
/// A channel that publishes mandatory and confirmed, any number in flight. The client library can keep the account itself, at the price of a
/// header, a semaphore and a task for each message; here it is a <see cref="ConfirmLedger"/>.
/// </summary>
internal sealed class ConfirmedChannel : IAsyncDisposable
{
    private static readonly CreateChannelOptions s_options = new(
        publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false, outstandingPublisherConfirmationsRateLimiter: null);

    private readonly IChannel _channel;
    private readonly Action<PendingSend, ShutdownEventArgs?> _unconfirmed;
    private readonly Action<PendingSend> _taken;
    private readonly ConfirmLedger _ledger = new();
    private readonly MessageProperties _properties = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly List<PendingSend> _answered = [];
    private TaskCompletionSource? _answer;
    private ShutdownEventArgs? _end;

    private ConfirmedChannel(IChannel channel, Action<PendingSend, ShutdownEventArgs?> unconfirmed, Action<PendingSend> taken)
    {
        _channel = channel;
        _unconfirmed = unconfirmed;
        _taken = taken;
        channel.BasicAcksAsync += AckedAsync;
        channel.BasicNacksAsync += NackedAsync;
        channel.BasicReturnAsync += ReturnedAsync;
        channel.ChannelShutdownAsync += ShutDownAsync;
    }

    /// <summary>Cancelled once nothing can be published any more.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <param name="connection">The connection to open it on.</param>
    /// <param name="unconfirmed">
    /// Gets each message that was not confirmed: refused by the broker, then the reason is null, or in flight when the channel ended.
    /// </param>
    /// <param name="taken">Gets each message that a queue has taken after it had refused it.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    public static async Task<ConfirmedChannel> OpenAsync(
        IConnection connection, Action<PendingSend, ShutdownEventArgs?> unconfirmed, Action<PendingSend> taken, CancellationToken cancellationToken)
    {
        var opened = new ConfirmedChannel(await connection.CreateChannelAsync(s_options, cancellationToken), unconfirmed, taken);
        if (opened._channel.CloseReason is { } reason)
        {
            await opened.ShutDownAsync(opened._channel, reason);
        }

        return opened;
    }

    /// <summary>Publishes. For one task at a time: the order is the broker's count.</summary>
    /// <returns>
    /// False where the channel is gone, and the message is not in flight. A message that was in flight when the channel went, this one too,
    /// is handed on by then or soon.
    /// </returns>
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
            // A direct reply-to returns what is mandatory whether it delivers it or not: DirectReplies has asked for the caller before.
            await _channel.BasicPublishAsync(
                send.Message.Exchange,
                send.Message.RoutingKey,
                mandatory: !send.Message.IsDirectReply,
                properties,
                send.Message.Body.Bytes,
                cancellationToken);
            return true;
        }
        catch (ArgumentException) when (_channel.IsOpen)
        {
            // The client refuses what it should write. How far it came is not known, and so the broker's count is not known either; the
            // messages in flight beside it are not to blame.
            _ledger.Withdraw();
            send.TrySet(SendOutcome.CannotBeWritten);
            await EndAsync(null, "the client library could not write a message");
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _ledger.Withdraw();
            await EndAsync(null, "the worker ends");
            throw;
        }
        catch (Exception fault)
        {
            // The channel or its connection is gone, whatever the client calls that and whether it has noticed or not. Nothing is known of
            // the message; the channel's end hands it on with all the others.
            await EndAsync((fault as OperationInterruptedException)?.ShutdownReason, fault.Message);
            return true;
        }
    }

    /// <summary>Publishes with nothing else in flight, and waits until the message was answered for or handed on.</summary>
    /// <returns>
    /// False where the channel was gone already, or is now because that took longer than <paramref name="patience"/>; nobody else has the
    /// message then.
    /// </returns>
    public async Task<bool> TryPublishAloneAsync(PendingSend send, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _answer, answer);
        if (!await TryPublishAsync(send, cancellationToken))
        {
            return false;
        }

        try
        {
            await answer.Task.WaitAsync(patience, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            var isOurs = _ledger.Close().Count > 0;
            await EndAsync(null, "no answer in time");
            return !isOurs;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        // Whatever the client said of it by then: nobody answers for what is left.
        await ShutDownAsync(_channel, new ShutdownEventArgs(ShutdownInitiator.Library, Constants.ReplySuccess, "the channel is closed"));
        _gone.Dispose();
    }

    private Task AckedAsync(object sender, BasicAckEventArgs answer)
    {
        _answered.Clear();
        _ledger.Take(answer.DeliveryTag, answer.Multiple, _answered);
        foreach (var send in _answered)
        {
            if (send.Refusals > 0)
            {
                _taken(send);
            }

            send.TrySet(send.IsReturned ? SendOutcome.Unroutable : SendOutcome.Confirmed);
        }

        Volatile.Read(ref _answer)?.TrySetResult();
        return Task.CompletedTask;
    }

    private Task NackedAsync(object sender, BasicNackEventArgs answer)
    {
        _answered.Clear();
        _ledger.Take(answer.DeliveryTag, answer.Multiple, _answered);
        _answered.ForEach(send => _unconfirmed(send, null));
        Volatile.Read(ref _answer)?.TrySetResult();
        return Task.CompletedTask;
    }

    private Task ReturnedAsync(object sender, BasicReturnEventArgs answer)
    {
        _ledger.TryMarkReturned(answer.Exchange, answer.RoutingKey, answer.BasicProperties.CorrelationId, answer.Body.Span);
        return Task.CompletedTask;
    }

    /// <param name="known">Why the channel is gone, as the client says; null where it is we who end it.</param>
    /// <param name="reason">The same in words.</param>
    private async Task EndAsync(ShutdownEventArgs? known, string reason)
    {
        _end = known ?? new ShutdownEventArgs(ShutdownInitiator.Library, Constants.InternalError, reason);
        await _channel.AbortAsync(CancellationToken.None);
        // A channel that was gone already does not say so a second time.
        await ShutDownAsync(_channel, _channel.CloseReason ?? _end);
    }

    private Task ShutDownAsync(object sender, ShutdownEventArgs reason)
    {
        // Our own closing of it is no reason.
        var why = reason.Initiator == ShutdownInitiator.Application ? _end ?? reason : reason;
        foreach (var send in _ledger.Close())
        {
            _unconfirmed(send, why);
        }

        Volatile.Read(ref _answer)?.TrySetResult();
        return _gone.CancelAsync();
    }
}
