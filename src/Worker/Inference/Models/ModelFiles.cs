using System.Security.Cryptography;

namespace Millrace.Worker.Inference.Models;

/// <summary>
/// The files of one model version. What is read first is the version: a session that is opened anew later gets the same bytes, or there
/// is none. The bytes are not kept for that, but their hashes: a model may be as large as the memory.
/// </summary>
/// <param name="path"><c>NAME/VERSION/model.onnx</c>.</param>
internal sealed class ModelFiles(string path)
{
    // An array's length, and protobuf's limit: larger models keep their weights in files of their own.
    private const long MostGraphBytes = int.MaxValue - 64;

    private IReadOnlyList<ModelFileHash>? _hashes;

    public string Path => path;

    /// <summary>Of the files that the version was loaded from, the graph's first; empty before.</summary>
    public IReadOnlyList<ModelFileHash> Hashes => _hashes ?? [];

    /// <summary>Reads the files. The caller disposes of what they hold, once its sessions are open.</summary>
    /// <exception cref="ModelFileException">They cannot be read, or have changed since they were read first.</exception>
    public ModelContent Read()
    {
        ModelContent content;
        try
        {
            content = ReadFiles();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{path} cannot be read: {fault.Message}", fault);
        }

        var first = _hashes ??= content.Hashes;
        if (!first.SequenceEqual(content.Hashes))
        {
            content.Dispose();
            throw new ModelFileException(
                $"{path} has changed since it was loaded: it was {string.Join(", ", first)}, it is {string.Join(", ", content.Hashes)}; "
                + "put another model into a folder with a version of its own, or restart the worker to serve this one");
        }

        return content;
    }

    private ModelContent ReadFiles()
    {
        var graph = RegularFile.Read(path, MostGraphBytes);
        var hashes = new List<ModelFileHash> { new(System.IO.Path.GetFileName(path), Convert.ToHexStringLower(SHA256.HashData(graph))) };
        var names = ExternalData.FilesOf(graph);
        if (names.Count == 0)
        {
            return new ModelContent(graph, null, hashes);
        }

        var copies = Directory.CreateTempSubdirectory("millrace-model-");
        try
        {
            foreach (var name in names)
            {
                hashes.Add(new ModelFileHash(name, Copy(name, copies)));
            }

            return new ModelContent(graph, copies, hashes);
        }
        catch
        {
            copies.Delete(recursive: true);
            throw;
        }
    }

    private string Copy(string name, DirectoryInfo copies)
    {
        var folder = System.IO.Path.GetFullPath(System.IO.Path.GetDirectoryName(path)!);
        var source = System.IO.Path.GetFullPath(name, folder);
        if (!source.StartsWith(folder + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new IOException($"its weights are to be in '{name}', which is outside of its folder");
        }

        var target = System.IO.Path.Combine(copies.FullName, System.IO.Path.GetRelativePath(folder, source));
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
        using var from = RegularFile.Open(source);
        using var to = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        while (from.Read(buffer) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            to.Write(buffer, 0, count);
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}

/// <summary>A model's files cannot be read, or are not those that were loaded at the start; the message is for people.</summary>
internal sealed class ModelFileException(string message, Exception? cause = null) : Exception(message, cause);
