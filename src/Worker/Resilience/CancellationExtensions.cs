namespace Millrace.Worker.Resilience;

/// <summary>How one cancellation follows another.</summary>
internal static class CancellationExtensions
{
    /// <summary>
    /// Cancels the source when the token is cancelled, on the thread pool. What hears of it may throw: Npgsql does, where it is just closing
    /// the connection that it is to interrupt. Thrown within the host's own cancellation that would end the stop, or from its timer the process.
    /// </summary>
    /// <returns>To be disposed of where the source no longer follows.</returns>
    public static CancellationTokenRegistration CancelWith(this CancellationTokenSource source, CancellationToken token) =>
        token.Register(static state => _ = ((CancellationTokenSource)state!).CancelAsync(), source);
}
