namespace Millrace.LocalServices;

/// <summary>Waits until a server that was just started answers.</summary>
internal static class Readiness
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(25);

    /// <summary>Asks again and again; gives up when the process ends or the deadline passes.</summary>
    /// <returns>False where the process ended first.</returns>
    /// <exception cref="LocalServiceException">The deadline passed.</exception>
    public static async Task<bool> WaitAsync(
        LocalProcess process, string server, TimeSpan timeout, Func<CancellationToken, Task<bool>> isReady, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            while (!process.Exited.IsCompleted)
            {
                if (await isReady(deadline.Token))
                {
                    return true;
                }

                await Task.WhenAny(process.Exited, Task.Delay(s_interval, deadline.Token));
                deadline.Token.ThrowIfCancellationRequested();
            }

            return false;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LocalServiceException($"{server} did not answer within {timeout.TotalSeconds:0} s. {process.LogTail()}", e);
        }
    }
}
