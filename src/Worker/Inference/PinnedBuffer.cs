using System.Runtime.InteropServices;

namespace Millrace.Worker.Inference;

/// <summary>Memory that ONNX Runtime reads or writes in place. It grows when a larger batch shape comes, and never moves otherwise.</summary>
internal sealed class PinnedBuffer
{
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(sizeof(long), pinned: true);

    /// <summary>Rises each time the address changes.</summary>
    public int Generation { get; private set; }

    public IntPtr Address => Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);

    public Span<byte> Span => _bytes;

    public void EnsureSize(long size)
    {
        if (size > _bytes.Length)
        {
            _bytes = GC.AllocateUninitializedArray<byte>(checked((int)size), pinned: true);
            Generation++;
        }
    }
}
