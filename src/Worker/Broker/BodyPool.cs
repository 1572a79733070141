using System.Buffers;
using System.Runtime.InteropServices;

namespace Millrace.Worker.Broker;

/// <summary>The arrays that bodies of deliveries and replies lie in, used again.</summary>
/// <remarks>
/// Up to 128 KiB, 256 of each power of two: the bodies of a burst, 64 MiB at the very most. .NET's shared pool would keep some 60 of them, and half
/// of what a busy queue brings would be garbage.
/// </remarks>
internal static class BodyPool
{
    public static ArrayPool<byte> Instance { get; } = ArrayPool<byte>.Create(maxArrayLength: 128 * 1024, maxArraysPerBucket: 256);

    /// <summary>Copies a body that is somebody else's.</summary>
    public static byte[] Copy(ReadOnlyMemory<byte> body)
    {
        var copy = Instance.Rent(body.Length);
        body.CopyTo(copy);
        return copy;
    }

    /// <summary>Gives back the array that a body lies in, which nobody may read any more.</summary>
    /// <param name="body">Lies in an array of <see cref="Instance"/>.</param>
    public static void Return(ReadOnlyMemory<byte> body)
    {
        if (MemoryMarshal.TryGetArray(body, out var segment))
        {
            Instance.Return(segment.Array!);
        }
    }
}
