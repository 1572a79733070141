using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>Rows that a model is tried with before it is served, and what it makes of them. The same each time.</summary>
internal static class MadeUpRows
{
    /// <summary>An input of made-up rows.</summary>
    /// <param name="spec">The input.</param>
    /// <param name="range">Its elements are whole numbers from 0 below that.</param>
    /// <param name="firstRow">The place of the first row among all that there could be: each has elements of its own.</param>
    /// <param name="rows">How many.</param>
    /// <param name="zeros">The row, among all, whose floats are zeros; -1 for none.</param>
    public static OrtValue Create(TensorSpec spec, int range, int firstRow, int rows, int zeros = -1)
    {
        var shape = ShapeOf(spec, rows);
        var rowElements = shape.Skip(1).Aggregate(1L, (product, dimension) => product * dimension);
        if (spec.Datatype == TensorDatatype.Bytes)
        {
            var texts = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
            for (var i = 0; i < rows * rowElements; i++)
            {
                texts.StringTensorSetElementAt(Number(firstRow * rowElements + i, range).ToString(CultureInfo.InvariantCulture), i);
            }

            return texts;
        }

        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, ModelSignature.ElementTypeOf(spec.Datatype), shape);
        for (var i = 0; i < rows * rowElements; i++)
        {
            // Floats alone: a whole number may be what something is divided by, and that ends the process.
            var isZero = firstRow + (i / rowElements) == zeros && spec.Datatype is (TensorDatatype.Fp16 or TensorDatatype.Fp32 or TensorDatatype.Fp64);
            Set(value, spec.Datatype, i, isZero ? 0 : Number(firstRow * rowElements + i, range));
        }

        return value;
    }

    /// <summary>Open dimensions behind the first get one size for all tensors: graphs often want them equal.</summary>
    public static long[] ShapeOf(TensorSpec spec, int rows) => [rows, .. spec.Shape.Skip(1).Select(dimension => dimension < 0 ? 4 : dimension)];

    /// <summary>A whole number from 0 below <paramref name="range"/> that looks random and is the same each time (splitmix64).</summary>
    private static int Number(long index, int range)
    {
        var x = (ulong)(index + 1) * 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return (int)((x ^ (x >> 31)) % (ulong)range);
    }

    private static void Set(OrtValue value, TensorDatatype datatype, int index, int number)
    {
        switch (datatype)
        {
            case TensorDatatype.Bool: value.GetTensorMutableDataAsSpan<bool>()[index] = number % 2 == 1; break;
            case TensorDatatype.UInt8: value.GetTensorMutableDataAsSpan<byte>()[index] = (byte)number; break;
            case TensorDatatype.Int8: value.GetTensorMutableDataAsSpan<sbyte>()[index] = (sbyte)number; break;
            case TensorDatatype.UInt16: value.GetTensorMutableDataAsSpan<ushort>()[index] = (ushort)number; break;
            case TensorDatatype.Int16: value.GetTensorMutableDataAsSpan<short>()[index] = (short)number; break;
            case TensorDatatype.UInt32: value.GetTensorMutableDataAsSpan<uint>()[index] = (uint)number; break;
            case TensorDatatype.Int32: value.GetTensorMutableDataAsSpan<int>()[index] = number; break;
            case TensorDatatype.UInt64: value.GetTensorMutableDataAsSpan<ulong>()[index] = (ulong)number; break;
            case TensorDatatype.Int64: value.GetTensorMutableDataAsSpan<long>()[index] = number; break;
            case TensorDatatype.Fp16: value.GetTensorMutableDataAsSpan<Float16>()[index] = (Float16)number; break;
            case TensorDatatype.Fp32: value.GetTensorMutableDataAsSpan<float>()[index] = number; break;
            case TensorDatatype.Fp64: value.GetTensorMutableDataAsSpan<double>()[index] = number; break;
            default: throw new ArgumentOutOfRangeException(nameof(datatype), datatype, "not a datatype of numbers");
        }
    }

    /// <summary>A tensor's elements, such that those of two runs can be compared.</summary>
    public static object[] ToValues(OrtValue value, TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.Bool => Box(value.GetTensorDataAsSpan<bool>(), e => e),
        TensorDatatype.UInt8 => Box(value.GetTensorDataAsSpan<byte>(), e => (long)e),
        TensorDatatype.Int8 => Box(value.GetTensorDataAsSpan<sbyte>(), e => (long)e),
        TensorDatatype.UInt16 => Box(value.GetTensorDataAsSpan<ushort>(), e => (long)e),
        TensorDatatype.Int16 => Box(value.GetTensorDataAsSpan<short>(), e => (long)e),
        TensorDatatype.UInt32 => Box(value.GetTensorDataAsSpan<uint>(), e => (long)e),
        TensorDatatype.Int32 => Box(value.GetTensorDataAsSpan<int>(), e => (long)e),
        TensorDatatype.UInt64 => Box(value.GetTensorDataAsSpan<ulong>(), e => e),
        TensorDatatype.Int64 => Box(value.GetTensorDataAsSpan<long>(), e => e),
        TensorDatatype.Fp16 => Box(value.GetTensorDataAsSpan<Float16>(), e => (double)(float)e),
        TensorDatatype.Fp32 => Box(value.GetTensorDataAsSpan<float>(), e => (double)e),
        TensorDatatype.Fp64 => Box(value.GetTensorDataAsSpan<double>(), e => e),
        _ => [.. value.GetStringTensorAsArray()],
    };

    private static object[] Box<TElement, TBoxed>(ReadOnlySpan<TElement> elements, Func<TElement, TBoxed> convert)
        where TBoxed : notnull
    {
        var boxed = new object[elements.Length];
        for (var i = 0; i < boxed.Length; i++)
        {
            boxed[i] = convert(elements[i]);
        }

        return boxed;
    }
}
