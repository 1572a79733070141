namespace Millrace.LocalServices.Tests;

public sealed class StaleFoldersTests : IDisposable
{
    private const string LockName = "in-use";

    private readonly string _prefix = $"millrace-stale-tests-{Guid.NewGuid():N}-";

    [Fact]
    public void Only_old_folders_that_nobody_has_locked_are_deleted()
    {
        var now = TimeProvider.System.GetUtcNow();
        var stale = MakeFolder();
        var locked = MakeFolder();
        var unknown = Directory.CreateTempSubdirectory(_prefix).FullName;
        using (new FileStream(Path.Combine(locked, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            StaleFolders.Delete(_prefix, LockName, now);
            Assert.True(Directory.Exists(stale));

            StaleFolders.Delete(_prefix, LockName, now.AddHours(1));
        }

        Assert.False(Directory.Exists(stale));
        Assert.True(Directory.Exists(locked));
        Assert.True(Directory.Exists(unknown));
    }

    public void Dispose()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), _prefix + "*"))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private string MakeFolder()
    {
        var folder = Directory.CreateTempSubdirectory(_prefix).FullName;
        File.WriteAllText(Path.Combine(folder, LockName), "");
        return folder;
    }
}
