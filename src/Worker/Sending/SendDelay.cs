namespace Millrace.Worker.Sending;

/// <summary>How long a message waits before it is sent once more: three times as long each time, up to a longest wait. Pure.</summary>
internal static class SendDelay
{
    private const int Growth = 3;

    // Far past any longest wait of ours, and no overflow of a TimeSpan.
    private const int MostSteps = 8;

    /// <param name="times">How often it was sent, from 1.</param>
    /// <param name="first">The wait after the first time.</param>
    /// <param name="longest">The longest wait.</param>
    public static TimeSpan After(int times, TimeSpan first, TimeSpan longest)
    {
        var delay = first * Math.Pow(Growth, Math.Min(times - 1, MostSteps));
        return delay < longest ? delay : longest;
    }
}
