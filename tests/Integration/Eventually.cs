using System.Diagnostics;

namespace Millrace.Integration.Tests;

/// <summary>For what another process does without a signal that a test could wait on.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan? patience = null)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < (patience ?? s_patience), "It did not become true in time.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
