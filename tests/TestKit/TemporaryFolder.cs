namespace Millrace.TestKit;

/// <summary>A folder of one test's own.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-producer-");

    /// <summary>The path of a file or folder in it.</summary>
    public string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>Writes a file.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <summary>Names of all that is in it.</summary>
    public IEnumerable<string> Names => Directory.EnumerateFileSystemEntries(_folder.FullName).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    public void Dispose() => _folder.Delete(recursive: true);
}
