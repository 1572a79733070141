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

    /// <summary>Encodes the outputs of each row. What the last call gave holds no longer.</summary>
    /// <returns>The JSON, in the order of the rows; it lies in the buffer.</returns>
    public ReadOnlyMemory<byte>[] Encode(ReadOnlySpan<ResultRow> rows)
    {
        _bytes.ResetWrittenCount();
        var places = new Range[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var start = _bytes.WrittenCount;
            StoredOutputs.Encode(_writer, rows[i].Outputs, rows[i].RowCount, rows[i].RowErrors);
            _writer.Flush();
            _writer.Reset();
            places[i] = start.._bytes.WrittenCount;
        }

        // Only now: a buffer that grows moves.
        return Array.ConvertAll(places, place => _bytes.WrittenMemory[place]);
    }

    public void Dispose() => _writer.Dispose();
}
