using Millrace.Scoring;
using Millrace.Scoring.Sources;

namespace Millrace.Cli.Terminal;

/// <summary>Opens what a person names as input: a file, or <c>-</c> for standard input.</summary>
internal static class Inputs
{
    public const string Standard = "-";

    // As many as Linux follows.
    private const int MostLinks = 40;

    /// <summary>What standard input is called in messages.</summary>
    public const string StandardName = TextStream.StandardInput;

    /// <summary>Opens it for reading from start to end. A named pipe opens when somebody opens its other end, which may be never.</summary>
    /// <exception cref="UsageException">There is no such file.</exception>
    public static Task<Stream> OpenAsync(string path, CliContext context, CancellationToken cancellationToken) =>
        Task.Run(() => Open(path, context), cancellationToken).WaitAsync(cancellationToken);

    /// <summary>Bytes of the file; null for what has no length, a pipe or a terminal.</summary>
    public static long? Length(Stream input) => input is FileStream { CanSeek: true } ? input.Length : null;

    /// <summary>Opens it for reading from start to end.</summary>
    /// <exception cref="UsageException">There is no such file.</exception>
    public static Stream Open(string path, CliContext context)
    {
        if (path == Standard)
        {
            return context.In;
        }

        if (Directory.Exists(path))
        {
            throw new UsageException($"'{path}' is a directory, expected a file");
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan | FileOptions.Asynchronous);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"no file '{path}'", Near(path));
        }
    }

    /// <summary>Whether it is something that is open already, standard input or what a shell makes of <c>&lt;(…)</c>, and no file with a name of its own.</summary>
    public static bool IsDescriptor(string path) => path == Standard
        || path.StartsWith("/dev/fd/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal) || path == "/dev/stdin";

    /// <summary>Whether an input and an output are one file, whatever links lead to it; <c>-</c> is standard input, and standard output.</summary>
    public static bool IsSameFile(string input, string output)
    {
        if (OperatingSystem.IsWindows() && (input == Standard || output == Standard))
        {
            return false;
        }

        var from = RealPath(input == Standard ? "/dev/stdin" : input, MostLinks);
        // A terminal may well be both, and so may a socket.
        return File.Exists(from) && !from.StartsWith("/dev/", StringComparison.Ordinal) && from == RealPath(output == Standard ? "/dev/stdout" : output, MostLinks);
    }

    /// <summary>What to call it in messages.</summary>
    public static string Name(string path) => path == Standard ? StandardName : path;

    /// <summary>A path without the links that lead along it.</summary>
    private static string RealPath(string path, int links)
    {
        var real = Path.GetPathRoot(Path.GetFullPath(path))!;
        var parts = Path.GetFullPath(path)[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var next = Path.Combine(real, parts[i]);
            if (links > 0 && new FileInfo(next).LinkTarget is { } target)
            {
                return RealPath(Path.Combine([Path.GetFullPath(target, real), .. parts[(i + 1)..]]), links - 1);
            }

            real = next;
        }

        return real;
    }

    private static string? Near(string path)
    {
        var directory = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        if (!Directory.Exists(directory))
        {
            return $"there is no directory '{directory}' either";
        }

        var names = Directory.EnumerateFiles(directory).Select(file => Path.GetFileName(file)).Take(1000).ToList();
        return names.Count > 0 ? NearNames.Suggest(Path.GetFileName(path), names) : null;
    }
}
