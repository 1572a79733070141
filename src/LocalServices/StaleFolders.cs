namespace Millrace.LocalServices;

/// <summary>Temporary folders whose process was killed before it could delete them; a stopped debugger leaves one every time.</summary>
internal static class StaleFolders
{
    // A folder that was just made is not locked yet, and the servers of a killed process need a moment to end.
    private static readonly TimeSpan s_minimumAge = TimeSpan.FromMinutes(10);

    /// <summary>Deletes what nobody has locked.</summary>
    /// <param name="prefix">What the folders' names begin with.</param>
    /// <param name="lockName">The file in each that its user locks.</param>
    /// <param name="now">The time.</param>
    public static void Delete(string prefix, string lockName, DateTimeOffset now)
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), prefix + "*"))
        {
            try
            {
                var file = Path.Combine(folder, lockName);
                if (File.Exists(file) && now.UtcDateTime - File.GetLastWriteTimeUtc(file) > s_minimumAge)
                {
                    using var @lock = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                    Directory.Delete(folder, recursive: true);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, or another user's.
            }
        }
    }
}
