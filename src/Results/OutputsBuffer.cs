using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Results;

/// <summary>Encodes the outputs of many rows one behind the other, in one buffer that is used again. For one thread at a time.</summary>
internal sealed class OutputsBuffer : IDisposable
{
    // The text goes into a column, never inside HTML: only what JSON itself wants is escaped.
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Utf8JsonWriter _writer;

    public OutputsBuffer() => _writer = new Utf8JsonWriter(_bytes, s_options);

    /// <summary>Bytes of memory that the buffer holds on to.</summary>
    public int Capacity => _bytes.Capacity;

    /// <summary>Appends the outputs of a row.</summary>
    /// <returns>Where they are, for <see cref="Slice"/>.</returns>
    public Range Append(ResultRow row)
    {
        var start = _bytes.WrittenCount;
        StoredOutputs.Encode(_writer, row.Outputs, row.RowCount);
        _writer.Flush();
        _writer.Reset();
        return start.._bytes.WrittenCount;
    }

    /// <summary>What was appended there. Holds until the next <see cref="Append"/>, which may move the buffer.</summary>
    public ReadOnlyMemory<byte> Slice(Range range) => _bytes.WrittenMemory[range];

    public void Clear() => _bytes.ResetWrittenCount();

    public void Dispose() => _writer.Dispose();
}
