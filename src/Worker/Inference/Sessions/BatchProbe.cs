using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>
/// Tries at load whether rows of a batch give what they give alone. Matching shapes do not say so: a softmax over the batch
/// dimension, a mean over it or a sort along it have them too.
/// </summary>
internal static class BatchProbe
{
    // Enough for made-up rows of one element to differ, and not to stand in order by chance.
    private const int Rows = 6;
    private const int RowOfZeros = 2;
    private const double Tolerance = 1e-3;
    private const double HalfTolerance = 3e-2;

    private static readonly TimeSpan s_isLong = TimeSpan.FromMilliseconds(50);

    /// <param name="session">The graph.</param>
    /// <param name="signature">What it takes and gives.</param>
    /// <param name="options">Of the runs; the way to stop them.</param>
    /// <returns>Whether they do; null where the graph could not be run on made-up inputs.</returns>
    public static bool? GivesSingles(InferenceSession session, ModelSignature signature, RunOptions options)
    {
        // Small whole numbers are the likeliest to be taken by any graph: indexes, lengths and pixels alike.
        // Zeros alone would prove nothing: what adds rows up or sorts them gives the same.
        foreach (var range in new[] { 5, 2 })
        {
            try
            {
                return Compare(session, signature, range, options) && !DependsOnNothing(session, signature, range, options);
            }
            catch (OnnxRuntimeException)
            {
                // These inputs are not for this graph; narrower ones may be.
            }
        }

        return null;
    }

    /// <summary>Bytes of a run of so many made-up rows, in and out, where the graph tells.</summary>
    public static Int128 BytesOf(ModelSignature signature, int rows)
    {
        Int128 bytes = 0;
        foreach (var spec in signature.Inputs.Concat(signature.Outputs))
        {
            Int128 elements = spec.Datatype == TensorDatatype.Bytes ? 8 : spec.Datatype.ElementSizeBytes();
            foreach (var dimension in ShapeOf(spec, rows))
            {
                elements *= dimension;
            }

            bytes += elements;
        }

        return bytes;
    }

    /// <summary>How long a run of so many made-up rows takes: the shortest of some, behind one that does not count.</summary>
    /// <exception cref="OnnxRuntimeException">It cannot be run, or was stopped by the options.</exception>
    public static TimeSpan Time(InferenceSession session, ModelSignature signature, int rows, int runs, RunOptions options, TimeProvider time)
    {
        var inputs = new List<OrtValue>();
        try
        {
            foreach (var spec in signature.Inputs)
            {
                inputs.Add(CreateInput(spec, range: 2, firstRow: 0, rows));
            }

            string[] inputNames = [.. signature.Inputs.Select(spec => spec.Name)];
            string[] outputNames = [.. signature.Outputs.Select(spec => spec.Name)];
            var shortest = TimeSpan.MaxValue;
            for (var run = 0; run <= runs; run++)
            {
                var start = time.GetTimestamp();
                session.Run(options, inputNames, inputs, outputNames).Dispose();
                var elapsed = time.GetElapsedTime(start);
                if (elapsed > s_isLong)
                {
                    // What a first run costs more is nothing beside this.
                    return elapsed < shortest ? elapsed : shortest;
                }

                shortest = run > 0 && elapsed < shortest ? elapsed : shortest;
            }

            return shortest;
        }
        finally
        {
            inputs.ForEach(value => value.Dispose());
        }
    }

    /// <summary>
    /// Whether the outputs have no row for a row of zeros. What a detector finds is counted by what there is to find: made-up rows may have one hit
    /// each, and its outputs then look like one for each row.
    /// </summary>
    private static bool DependsOnNothing(InferenceSession session, ModelSignature signature, int range, RunOptions options)
    {
        try
        {
            return !Compare(session, signature, range, options, RowOfZeros);
        }
        catch (OnnxRuntimeException) when (!options.Terminate)
        {
            // Such a row is not for this graph, and so says nothing of it.
            return false;
        }
    }

    private static bool Compare(InferenceSession session, ModelSignature signature, int range, RunOptions options, int zeros = -1)
    {
        if (Run(session, signature, range, 0, Rows, options, zeros) is not { } batch)
        {
            return false;
        }

        for (var row = zeros < 0 ? 0 : zeros; row < (zeros < 0 ? Rows : zeros + 1); row++)
        {
            if (Run(session, signature, range, row, 1, options, zeros) is not { } single)
            {
                return false;
            }

            for (var i = 0; i < signature.Outputs.Count; i++)
            {
                var tolerance = signature.Outputs[i].Datatype == TensorDatatype.Fp16 ? HalfTolerance : Tolerance;
                if (batch[i].Length != Rows * single[i].Length || !AreClose(batch[i].AsSpan(row * single[i].Length, single[i].Length), single[i], tolerance))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool AreClose(ReadOnlySpan<object> a, ReadOnlySpan<object> b, double tolerance)
    {
        for (var i = 0; i < a.Length; i++)
        {
            if (a[i] is double x && b[i] is double y)
            {
                if (!x.Equals(y) && !(Math.Abs(x - y) <= tolerance * Math.Max(1, Math.Abs(y))))
                {
                    return false;
                }
            }
            else if (!a[i].Equals(b[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <returns>The outputs' elements; null where one of them has not as many rows as the inputs.</returns>
    private static object[][]? Run(
        InferenceSession session, ModelSignature signature, int range, int firstRow, int rows, RunOptions options, int zeros)
    {
        var inputs = new List<OrtValue>();
        try
        {
            foreach (var spec in signature.Inputs)
            {
                inputs.Add(CreateInput(spec, range, firstRow, rows, zeros));
            }

            using var outputs = session.Run(
                options, [.. signature.Inputs.Select(spec => spec.Name)], inputs, [.. signature.Outputs.Select(spec => spec.Name)]);
            return outputs.All(value => value.GetTensorTypeAndShape().Shape is [var first, ..] && first == rows)
                ? [.. outputs.Select((value, i) => ToValues(value, signature.Outputs[i].Datatype))]
                : null;
        }
        finally
        {
            inputs.ForEach(value => value.Dispose());
        }
    }

    private static OrtValue CreateInput(TensorSpec spec, int range, int firstRow, int rows, int zeros = -1)
    {
        var shape = ShapeOf(spec, rows);
        var rowElements = shape.Skip(1).Aggregate(1L, (product, dimension) => product * dimension);
        if (spec.Datatype == TensorDatatype.Bytes)
        {
            var texts = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
            for (var i = 0; i < rows * rowElements; i++)
            {
                texts.StringTensorSetElementAt(Number(firstRow * rowElements + i, range).ToString(System.Globalization.CultureInfo.InvariantCulture), i);
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
    private static long[] ShapeOf(TensorSpec spec, int rows) => [rows, .. spec.Shape.Skip(1).Select(dimension => dimension < 0 ? 4 : dimension)];

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

    private static object[] ToValues(OrtValue value, TensorDatatype datatype) => datatype switch
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
