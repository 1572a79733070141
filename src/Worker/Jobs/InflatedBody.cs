using System.Buffers;

namespace Millrace.Worker.Jobs;

/// <summary>What a compressed body was inflated to, in an array that goes back to its pool.</summary>
internal sealed class InflatedBody(ArraySegment<byte> bytes, ArrayPool<byte> pool)
{
    private byte[]? _array = bytes.Array;

    /// <summary>How many bytes it has, also once they are given back.</summary>
    public int Length { get; } = bytes.Count;

    /// <summary>The bytes; nobody may read them once they are given back.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <summary>Gives the array back. Where it is not certain that nobody reads it any more, this is never called: it is collected then.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            pool.Return(array);
        }
    }
}
