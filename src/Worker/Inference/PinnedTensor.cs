using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;

namespace Millrace.Worker.Inference;

/// <summary>ONNX Runtime's view of a pinned buffer.</summary>
internal static class PinnedTensor
{
    public static OrtValue Create(PinnedBuffer buffer, TensorDatatype datatype, long[] shape)
    {
        var size = TensorShape.CountElements(shape) * datatype.ElementSizeBytes();
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, ModelSignature.ElementTypeOf(datatype), shape, buffer.Address, size);
    }
}
