using System.Threading.Tasks.Sources;

namespace Millrace.Worker.Sending;

/// <summary>
/// A message until the broker has it. Awaited once; what follows the await runs on the task that reads the broker's confirms, and must not
/// block it: a confirm of many would be a hop to the thread pool for each otherwise.
/// </summary>
internal sealed class PendingSend(OutboundMessage message) : IValueTaskSource<SendOutcome>
{
    private ManualResetValueTaskSourceCore<SendOutcome> _outcome;
    private int _isDecided;

    public OutboundMessage Message { get; } = message;

    /// <summary>How often its queue refused it.</summary>
    public int Refusals { get; set; }

    /// <summary>How often the broker closed a channel that had nothing else in flight.</summary>
    public int Costs { get; set; }

    /// <summary>How often it was in flight when a connection was lost.</summary>
    public int Losses { get; set; }

    /// <summary>Whether the broker returned it, so that its confirm only says that it was looked at.</summary>
    public bool IsReturned { get; set; }

    public ValueTask<SendOutcome> Outcome => new(this, _outcome.Version);

    public void TrySet(SendOutcome outcome)
    {
        if (Interlocked.Exchange(ref _isDecided, 1) == 0)
        {
            _outcome.SetResult(outcome);
        }
    }

    public void TryCancel()
    {
        if (Interlocked.Exchange(ref _isDecided, 1) == 0)
        {
            _outcome.SetException(new OperationCanceledException("The worker ends before the message could be sent."));
        }
    }

    SendOutcome IValueTaskSource<SendOutcome>.GetResult(short token) => _outcome.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<SendOutcome>.GetStatus(short token) => _outcome.GetStatus(token);

    void IValueTaskSource<SendOutcome>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _outcome.OnCompleted(continuation, state, token, flags);
}
