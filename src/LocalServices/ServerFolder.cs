namespace Millrace.LocalServices;

/// <summary>A server's folder, locked while the server uses it: two on the same data would ruin it.</summary>
internal sealed class ServerFolder : IDisposable
{
    private const string TemporaryPrefix = "millrace-server-";
    private const string LockName = "in-use";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _lock;
    private readonly bool _isTemporary;

    private ServerFolder(string path, bool isTemporary, FileStream @lock)
    {
        Root = path;
        _isTemporary = isTemporary;
        _lock = @lock;
    }

    public string Root { get; }

    /// <summary>Opens the folder, or a temporary one where <paramref name="path"/> is null.</summary>
    /// <exception cref="LocalServiceException">Another server uses it, or it cannot be made or written.</exception>
    public static ServerFolder Open(string? path)
    {
        if (path is null)
        {
            StaleFolders.Delete(TemporaryPrefix, LockName, TimeProvider.System.GetUtcNow());
        }

        try
        {
            var root = path is null
                ? Directory.CreateTempSubdirectory(TemporaryPrefix).FullName
                : Directory.CreateDirectory(Path.GetFullPath(path), OwnerOnly | UnixFileMode.UserExecute).FullName;
            var @lock = new FileStream(Path.Combine(root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new ServerFolder(root, isTemporary: path is null, @lock);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LocalServiceException($"No server can use {path ?? Path.GetTempPath()}, or another one does: {e.Message}", e);
        }
    }

    public string PathOf(string name) => Path.Combine(Root, name);

    public string MakeFolder(string name) => Directory.CreateDirectory(PathOf(name), OwnerOnly | UnixFileMode.UserExecute).FullName;

    /// <summary>Writes a file that only its owner may read, from its first byte on.</summary>
    public string WriteSecret(string name, string content)
    {
        var path = PathOf(name);
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
        using var writer = new StreamWriter(path, options);
        writer.Write(content);
        return path;
    }

    /// <summary>The secret of that name; a new one the first time.</summary>
    public string ReadOrMakeSecret(string name)
    {
        if (!File.Exists(PathOf(name)))
        {
            WriteSecret(name, Secrets.New());
        }

        return File.ReadAllText(PathOf(name));
    }

    public void Dispose()
    {
        _lock.Dispose();
        if (_isTemporary)
        {
            DeleteAll();
        }
    }

    private void DeleteAll()
    {
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A temporary folder is left to the system's own cleaning where a last child of the server still writes into it.
        }
    }
}
