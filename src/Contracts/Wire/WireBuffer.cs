using System.Buffers;
using System.Text.Json;

namespace Millrace.Contracts.Wire;

/// <summary>
/// Memory that a body grows in, with a JSON writer on it. A thread uses one again and again: a buffer that grows by doubling costs several
/// times the body, and the writer as much as a small one.
/// </summary>
internal sealed class WireBuffer : IDisposable
{
    // What one huge body blew up is not kept.
    private const int MaxKeptBytes = 256 * 1024;

    [ThreadStatic]
    private static WireBuffer? t_free;

    private readonly ArrayBufferWriter<byte> _bytes = new(4 * 1024);
    private readonly Utf8JsonWriter _writer;

    private WireBuffer() => _writer = new Utf8JsonWriter(_bytes, OipWriter.Options);

    /// <summary>Takes this thread's, or a new one where that is in use.</summary>
    public static WireBuffer Rent()
    {
        var buffer = t_free ?? new WireBuffer();
        t_free = null;
        buffer._bytes.ResetWrittenCount();
        buffer._writer.Reset();
        return buffer;
    }

    public Utf8JsonWriter Json => _writer;

    /// <summary>Bytes written so far, those of the JSON once it is flushed.</summary>
    public int Length => _bytes.WrittenCount;

    public void Append(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    /// <summary>A copy of what was written, in an array of its own or of a pool.</summary>
    public ReadOnlyMemory<byte> Copy(ArrayPool<byte>? pool)
    {
        if (pool is null)
        {
            return _bytes.WrittenSpan.ToArray();
        }

        var copy = pool.Rent(Length);
        _bytes.WrittenSpan.CopyTo(copy);
        return copy.AsMemory(0, Length);
    }

    /// <summary>Gives it back to the thread. It may not be used any more.</summary>
    public void Dispose()
    {
        if (_bytes.Capacity <= MaxKeptBytes)
        {
            t_free = this;
        }
        else
        {
            _writer.Dispose();
        }
    }
}
