using Millrace.Scoring;
using Millrace.Scoring.Sources;

namespace Millrace.Cli.Terminal;

/// <summary>Opens what a person names as input: a file, or <c>-</c> for standard input.</summary>
internal static class Inputs
{
    public const string Standard = "-";

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

    /// <summary>What to call it in messages.</summary>
    public static string Name(string path) => path == Standard ? StandardName : path;

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
