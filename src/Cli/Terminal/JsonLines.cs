using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Cli.Terminal;

/// <summary>Writes JSON objects to a stream, one a line, and leaves it open.</summary>
internal sealed class JsonLines : IDisposable
{
    private readonly BufferedStream _lines;
    private readonly Utf8JsonWriter _writer;

    public JsonLines(Stream stream)
    {
        _lines = new BufferedStream(stream, 64 << 10);
        // A terminal or a file, never HTML: letters of all scripts stay readable.
        _writer = new Utf8JsonWriter(_lines, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    /// <summary>Writes one.</summary>
    public void Write<T>(T value, Action<Utf8JsonWriter, T> write)
    {
        write(_writer, value);
        _writer.Flush();
        _lines.WriteByte((byte)'\n');
        _writer.Reset();
    }

    /// <summary>Passes on what is buffered.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        // Not disposed: that would close the stream below.
        _lines.Flush();
    }
}
