using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Tensors;

/// <summary>Memory that ONNX Runtime reads or writes in place. It grows when a larger batch shape comes, and never moves otherwise.</summary>
internal sealed class PinnedBuffer
{
    private const long LargestReserve = 64 * 1024 * 1024;

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(sizeof(long), pinned: true);

    /// <summary>Rises each time the address changes.</summary>
    public int Generation { get; private set; }

    private IntPtr Address => Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);

    public Span<byte> Span => _bytes;

    /// <param name="needed">Bytes that there must be.</param>
    /// <param name="full">Bytes that a full batch needs. A buffer that grows takes so many at once, so that it moves only once, unless they are too many.</param>
    public void EnsureSize(long needed, long full)
    {
        if (needed > _bytes.Length)
        {
            var size = full <= LargestReserve ? full : needed;
            _bytes = GC.AllocateUninitializedArray<byte>(checked((int)size), pinned: true);
            Generation++;
        }
    }

    /// <summary>ONNX Runtime's view of it, as it lies now.</summary>
    public OrtValue View(TensorDatatype datatype, long[] shape)
    {
        var size = TensorShape.CountElements(shape) * datatype.ElementSizeBytes();
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, ModelSignature.ElementTypeOf(datatype), shape, Address, size);
    }
}
