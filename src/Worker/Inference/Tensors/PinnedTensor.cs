using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Tensors;

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
