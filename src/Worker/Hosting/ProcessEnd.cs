using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Millrace.Worker.Hosting;

/// <summary>Ends the process without its end: no destructor of a native library runs under a thread that is still inside one.</summary>
internal static partial class ProcessEnd
{
    /// <summary>Ends it. What was written to the console is out already.</summary>
    [DoesNotReturn]
    public static void Now(int exitCode)
    {
        if (!OperatingSystem.IsWindows())
        {
            Exit(exitCode);
        }

        Environment.Exit(exitCode);
    }

    /// <summary>Ends the process once the time is over, unless it has ended by then.</summary>
    /// <param name="limit">From now.</param>
    /// <param name="exitCode">What it ends with.</param>
    /// <param name="message">What standard error gets to know then.</param>
    public static void After(TimeSpan limit, int exitCode, string message)
    {
        // A thread of its own: what holds the end up may be that none of the pool's is free.
        var thread = new Thread(() =>
        {
            // A sleep may end early where the clock is set; the time that counts is the monotonic one.
            var start = Stopwatch.GetTimestamp();
            for (var left = limit; left > TimeSpan.Zero; left = limit - Stopwatch.GetElapsedTime(start))
            {
                Thread.Sleep(left);
            }

            Console.Error.WriteLine(message);
            Now(exitCode);
        })
        {
            IsBackground = true,
            Name = "end",
        };
        thread.Start();
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Exit(int exitCode);
}
