using Microsoft.Win32.SafeHandles;

namespace Millrace.Cli.Terminal;

/// <summary>Standard output, as a stream that fails when its reader has gone: the console's own drops all that is written from then on.</summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;
    private const int BrokenPipe = 32; // EPIPE, of Linux, macOS and the BSDs alike

    /// <summary>Opens it.</summary>
    public static Stream Open()
    {
        if (OperatingSystem.IsWindows())
        {
            return Console.OpenStandardOutput();
        }

        var stream = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        // Nobody leaves a file. And a file stream writes to the place that it counts itself, over what standard error wrote to the same file.
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    /// <summary>Whether a failed write says that nobody reads what is written any more, as after <c>| head</c>.</summary>
    public static bool IsClosed(Exception failure) => failure is IOException { HResult: BrokenPipe };
}
