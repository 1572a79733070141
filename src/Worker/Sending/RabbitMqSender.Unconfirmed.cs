using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Worker.Sending;

/// <content>What becomes of messages that were not confirmed.</content>
internal sealed partial class RabbitMqSender
{
    // A message that costs a channel with nothing else in flight is to blame; broker and network may have their faults in between.
    private const int MaxCosts = 3;

    // A connection that is just lost says little of what was in flight. What is there each time is suspected, and at last given up.
    private const int LossesThatSuspect = 2;
    private const int MaxLosses = 12;

    // A refusal of less is no matter of its size.
    private const int LeastTooLargeBytes = 1024;

    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(3);

    /// <param name="send">What the broker did not confirm, of several in flight.</param>
    /// <param name="reason">Why their channel ended; null where the queue refused this one.</param>
    private void Unconfirmed(PendingSend send, ShutdownEventArgs? reason)
    {
        if (reason is null)
        {
            Refused(send, Resend);
        }
        else if (IsMissingExchange(reason, send.Message))
        {
            send.TrySet(SendOutcome.Unroutable);
        }
        else if ((IsOverAMessage(reason) && reason.ReplyCode != Constants.NotFound) || ++send.Losses >= LossesThatSuspect)
        {
            Repeats(send, "suspect", reason);
            _suspects.Add(send);
        }
        else
        {
            Repeats(send, "lost", reason);
            Resend(send);
        }
    }

    /// <inheritdoc cref="Unconfirmed"/>
    private void UnconfirmedAlone(PendingSend send, ShutdownEventArgs? reason)
    {
        if (reason is null)
        {
            Refused(send, _suspects.Add);
        }
        else if (IsMissingExchange(reason, send.Message))
        {
            send.TrySet(SendOutcome.Unroutable);
        }
        else if (reason.ReplyCode == Constants.PreconditionFailed && IsOverAMessage(reason) && send.Message.Body.Bytes.Length >= LeastTooLargeBytes)
        {
            // Of what makes the broker say that to a publish, only the size can be ours: we set neither expiration nor user_id.
            LogTooLarge(send.Message.RoutingKey, send.Message.Body.Bytes.Length);
            _costly.AddTooLarge(send.Message);
            send.TrySet(SendOutcome.TooLarge);
        }
        else if (IsOverAMessage(reason))
        {
            Repeats(send, "suspect", reason);
            CostsChannel(send, _suspects.Add);
        }
        else if (++send.Losses >= MaxLosses)
        {
            GiveUp(send);
        }
        else
        {
            Repeats(send, "lost", reason);
            AgainLater(send, SendDelay.After(send.Losses, s_firstDelay, s_longestDelay), _suspects.Add);
        }
    }

    /// <summary>Takes a message that has cost a channel with nothing else in flight.</summary>
    private void CostsChannel(PendingSend send, Action<PendingSend> again)
    {
        // One name's second message need not prove what the first has.
        if (++send.Costs >= MaxCosts || _costly.IsCostly(send.Message))
        {
            GiveUp(send);
        }
        else
        {
            AgainLater(send, SendDelay.After(send.Costs, s_firstDelay, s_longestDelay), waited => AgainUnlessHopeless(waited, again));
        }
    }

    private void AgainUnlessHopeless(PendingSend send, Action<PendingSend> again)
    {
        if (_costly.IsHopeless(send.Message))
        {
            send.TrySet(SendOutcome.CostsChannel);
        }
        else
        {
            again(send);
        }
    }

    private void GiveUp(PendingSend send)
    {
        LogCostsChannel(send.Message.RoutingKey, send.Costs + send.Losses);
        _costly.Add(send.Message);
        send.TrySet(SendOutcome.CostsChannel);
    }

    private void Refused(PendingSend send, Action<PendingSend> again)
    {
        send.Refusals++;
        if (_refusing.Refuse(send) is { } delay)
        {
            _metrics.SentAgain("refused");
            LogRefused(send.Message.RoutingKey, delay);
            AgainLater(send, delay, waited =>
            {
                _refusing.Return(waited);
                again(waited);
            });
        }
        else
        {
            send.TrySet(SendOutcome.Refused);
        }
    }

    private void AgainLater(PendingSend send, TimeSpan delay, Action<PendingSend> again)
    {
        _ = WaitAsync();

        async Task WaitAsync()
        {
            try
            {
                await Task.Delay(delay, _time, _stop.Token);
                again(send);
            }
            catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException)
            {
                // The worker ends.
                send.TryCancel();
            }
        }
    }

    private void Repeats(PendingSend send, string cause, ShutdownEventArgs reason)
    {
        _metrics.SentAgain(cause);
        LogNotSent(send.Message.RoutingKey, reason.ReplyText);
    }

    /// <summary>Whether the broker ended the channel, or its connection, for what came over it; it also does so at its own end.</summary>
    private static bool IsOverAMessage(ShutdownEventArgs reason) =>
        reason.Initiator == ShutdownInitiator.Peer && reason.ReplyCode is not (Constants.ConnectionForced or Constants.ReplySuccess);

    /// <summary>The channel ends over it, for the messages in flight beside it too: only the one to that exchange is to blame.</summary>
    private static bool IsMissingExchange(ShutdownEventArgs reason, OutboundMessage message) =>
        reason.ReplyCode == Constants.NotFound
        && message.Exchange.Length > 0
        && reason.ReplyText.Contains($"'{message.Exchange}'", StringComparison.Ordinal);
}
