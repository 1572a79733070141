namespace Millrace.Scoring.Sinks;

/// <summary>
/// A file that takes its name only when it is whole: it is written beside, under that name and a run's id. What runs that were killed have left
/// beside it is removed.
/// </summary>
internal static class OutputFile
{
    private const string Suffix = ".tmp";

    /// <summary>Sees to it that a file can be made at that place, before anything is scored; a device or a pipe is not looked at.</summary>
    /// <exception cref="UsageException">None can; says what is in the way.</exception>
    public static void RequireWritable(string path)
    {
        // What is there and has no length is no file, or an empty one that will be told later.
        if (File.Exists(path) && new FileInfo(Target(path)).Length == 0)
        {
            return;
        }

        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        while (!Directory.Exists(directory) && !File.Exists(directory))
        {
            directory = Path.GetDirectoryName(directory)!;
        }

        try
        {
            using var probe = new FileStream(TemporaryPath(Path.Combine(directory, "millrace")), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            var reason = File.Exists(directory) ? "it is a file, and no directory" : (fault.InnerException ?? fault).Message.Split(" : '")[0];
            throw new UsageException($"--output {path}: no file can be made in '{directory}': {reason}", "choose another place: --output PATH, or - for standard output");
        }
    }

    /// <summary>Where a run writes until the file is whole.</summary>
    public static string TemporaryPath(string path) => $"{path}.{Guid.NewGuid():N}{Suffix}";

    /// <summary>
    /// Opens what is at that place and is no file, such as a device or a pipe: it is written to as it is, and not replaced by a file. A pipe waits
    /// for its reader here.
    /// </summary>
    /// <returns>Null where there is nothing, or a file.</returns>
    public static FileStream? OpenStream(string path)
    {
        if (!File.Exists(path) || OperatingSystem.IsWindows())
        {
            return null;
        }

        var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        // .NET does not tell what kind of file it is. A pipe and a terminal cannot seek; what can and is no file lies here.
        if (stream.CanSeek && !Target(path).StartsWith("/dev/", StringComparison.Ordinal))
        {
            stream.Dispose();
            return null;
        }

        return stream;
    }

    /// <summary>Opens a file under its temporary name; nobody takes it for a leftover while it is open.</summary>
    public static FileStream Create(string temporaryPath) =>
        new(temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);

    /// <summary>Removes what runs that were killed have left beside a file.</summary>
    /// <returns>The files that are gone.</returns>
    public static IReadOnlyList<string> RemoveLeftovers(string path)
    {
        var removed = new List<string>();
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (var other in Directory.EnumerateFiles(directory, $"{Path.GetFileName(path)}.*{Suffix}"))
        {
            var id = Path.GetFileName(other)[(Path.GetFileName(path).Length + 1)..^Suffix.Length];
            if (Guid.TryParseExact(id, "N", out _) && !IsInUse(other))
            {
                File.Delete(other);
                removed.Add(other);
            }
        }

        return removed;
    }

    private static string Target(string path) =>
        (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).FullName;

    /// <summary>Whether a process still has it open: the lock that a <see cref="FileStream"/> holds goes with its process.</summary>
    private static bool IsInUse(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
