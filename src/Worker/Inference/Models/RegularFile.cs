namespace Millrace.Worker.Inference.Models;

/// <summary>Reads files of the model repository that people put there: only what has an end, and no more than is expected.</summary>
internal static class RegularFile
{
    /// <summary>Reads a file whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">The most bytes that it may have.</param>
    /// <exception cref="IOException">It cannot be read, is empty, has more bytes, or is no file; the message is for people.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] Read(string path, long most)
    {
        using var file = Open(path);
        if (file.Length > most)
        {
            throw new IOException($"{path} has {file.Length} bytes, expected at most {most}");
        }

        var bytes = GC.AllocateUninitializedArray<byte>((int)file.Length);
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <inheritdoc cref="Read"/>
    public static FileStream Open(string path)
    {
        // Opening a FIFO waits for its writer, for ever where there is none. What is no regular file has no length.
        var file = new FileInfo(path);
        if ((file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file).Length == 0)
        {
            throw new IOException($"{path} is empty, or no regular file");
        }

        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
    }
}
