namespace Millrace.Producer;

/// <summary>A place in the client's window, and the time that the call in it has.</summary>
internal sealed class CallTurn : IDisposable
{
    private readonly SemaphoreSlim _window;
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource _either;

    private CallTurn(SemaphoreSlim window, MillraceClientOptions options, CancellationToken cancellationToken)
    {
        _window = window;
        _timeout = new CancellationTokenSource(options.Timeout, options.TimeProvider);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, cancellationToken);
    }

    /// <summary>Ends with the caller's token or when the time is up.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Waits for a place; the time counts from then.</summary>
    public static async ValueTask<CallTurn> TakeAsync(
        SemaphoreSlim window, MillraceClientOptions options, CancellationToken cancellationToken)
    {
        await window.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new CallTurn(window, options, cancellationToken);
    }

    /// <summary>Whether it was the time, not the caller, that ended the call.</summary>
    public bool TimedOut(CancellationToken callers) => _timeout.IsCancellationRequested && !callers.IsCancellationRequested;

    /// <summary>Gives the place to the next call.</summary>
    public void Dispose()
    {
        _either.Dispose();
        _timeout.Dispose();
        _window.Release();
    }
}
