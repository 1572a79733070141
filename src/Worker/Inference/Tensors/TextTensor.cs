using System.Buffers;
using System.Buffers.Binary;
using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Tensors;

/// <summary>BYTES tensors: ONNX strings, whose elements the library keeps one by one.</summary>
internal static class TextTensor
{
    public static OrtValue Pack(Batch batch, int input, long[] shape)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        var count = TensorShape.CountElements(shape);
        var index = 0;
        for (var i = 0; i < batch.Slices.Count; i++)
        {
            var slice = batch.Slices[i];
            var tensor = slice.Job.Inputs[input];
            // A text input of a job without rows of its own (not batchable) is one row.
            var rowElements = (int)(tensor.ElementCount / Math.Max(slice.Job.RowCount, 1));
            var rest = tensor.Data.Span;
            Skip(ref rest, slice.FirstRow * rowElements);
            for (var n = slice.Rows * rowElements; n > 0 && BytesElement.TryTake(ref rest, out var element); n--)
            {
                value.StringTensorSetElementAt(element, index++);
            }
        }

        for (var first = 0; index < count; first++)
        {
            value.StringTensorSetElementAt(value.GetStringElementAsSpan(first), index++);
        }

        return value;
    }

    public static void Unpack(Batch batch, int output, ReadOnlySpan<long> rowShape, OrtValue value)
    {
        var rowElements = TensorShape.CountElements(rowShape);
        var index = 0;
        for (var i = 0; i < batch.Slices.Count; i++)
        {
            var slice = batch.Slices[i];
            var end = index + (int)(slice.Rows * rowElements);
            if (slice.Job.Outputs.Wants(output)
                && !slice.Job.Outputs.TryAdd(output, slice.FirstRow, rowShape, Join(value, index, end)))
            {
                throw OutputMismatchException.BetweenSlices($"#{output}");
            }

            index = end;
        }
    }

    private static ReadOnlySpan<byte> Join(OrtValue value, int start, int end)
    {
        var data = new ArrayBufferWriter<byte>();
        for (var i = start; i < end; i++)
        {
            var element = value.GetStringElementAsSpan(i);
            BinaryPrimitives.WriteInt32LittleEndian(data.GetSpan(sizeof(uint)), element.Length);
            data.Advance(sizeof(uint));
            data.Write(element);
        }

        return data.WrittenSpan;
    }

    private static void Skip(ref ReadOnlySpan<byte> rest, int elements)
    {
        while (elements-- > 0 && BytesElement.TryTake(ref rest, out _))
        {
        }
    }
}
