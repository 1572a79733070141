using System.Runtime.InteropServices;
using System.Text.Json;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Results;

/// <summary>
/// The form of the <c>outputs</c> column, which nothing else knows but the views in the migrations: a JSON object keyed by output name.
/// <code>
/// {"label":         {"index": 0, "datatype": "BYTES", "shape": [2,1],  "data": ["7","3"]},
///  "probabilities": {"index": 1, "datatype": "FP32",  "shape": [2,3],  "data": [[0.9,0.1,0],[0,1,0]]},
///  "temperature":   {"index": 2, "datatype": "FP32",  "shape": [1,1,1],"data": [1.5]}}
/// </code>
/// <para>
/// <c>data</c> is an array of entries: one for each row of the job where the first dimension counts them, else a single one that belongs
/// to all rows. An entry of one element is that element, any other the flat array of its elements. So row <c>i</c>'s value is
/// <c>coalesce(data -> i, data -> 0)</c>, whatever the output.
/// </para>
/// <para>
/// A row that has no outputs (<see cref="ResultRow.RowErrors"/>) has the entry <c>null</c>, so that all others stay at their places; <c>shape</c>
/// counts the rows that have some.
/// </para>
/// <para>
/// <c>index</c> keeps the order of the outputs also where the text went through jsonb, which orders keys by itself. NaN and the infinities are
/// strings, as on the wire; a NaN's payload bits are lost. jsonb numbers know no negative zero: those stand in <c>data</c> as 0, and
/// <c>negative_zeros</c> lists their places in the flat order, so that SQL still finds numbers where it expects them.
/// </para>
/// </summary>
internal static class StoredOutputs
{
    /// <summary>Writes the object. The outputs are storable (<see cref="Storability"/>).</summary>
    /// <param name="writer">Stands where a value may stand.</param>
    /// <param name="outputs">The outputs of one row of the store.</param>
    /// <param name="rowCount">The rows of the job's input.</param>
    /// <param name="without">The rows that have no outputs, in their order.</param>
    public static void Encode(Utf8JsonWriter writer, IReadOnlyList<Tensor> outputs, int rowCount, IReadOnlyList<RowError> without)
    {
        writer.WriteStartObject();
        for (var i = 0; i < outputs.Count; i++)
        {
            var output = outputs[i];
            writer.WriteStartObject(output.Name);
            writer.WriteNumber("index"u8, i);
            writer.WriteString("datatype"u8, output.Datatype.ToWireName());
            writer.WriteStartArray("shape"u8);
            for (var d = 0; d < output.Shape.Count; d++)
            {
                writer.WriteNumberValue(output.Shape[d]);
            }

            writer.WriteEndArray();
            WriteData(writer, output, rowCount, without);
            WriteNegativeZeros(writer, output);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteData(Utf8JsonWriter writer, Tensor output, int rowCount, IReadOnlyList<RowError> without)
    {
        var data = output.Data.Span;
        var isByRow = output.Shape.Count > 0 && output.Shape[0] == rowCount - without.Count;
        var entries = isByRow ? rowCount : 1;
        var perEntry = isByRow ? ElementsPerRow(output.Shape) : output.ElementCount;
        writer.WriteStartArray("data"u8);
        if (perEntry == 1 && without.Count == 0)
        {
            TensorJson.WriteElements(writer, output.Datatype, data);
        }
        else
        {
            for (int i = 0, next = 0; i < entries; i++)
            {
                if (isByRow && next < without.Count && without[next].Row == i)
                {
                    writer.WriteNullValue();
                    next++;
                }
                else
                {
                    WriteEntry(writer, output.Datatype, Take(ref data, output.Datatype, perEntry), perEntry);
                }
            }
        }

        writer.WriteEndArray();
    }

    private static void WriteEntry(Utf8JsonWriter writer, TensorDatatype datatype, ReadOnlySpan<byte> elements, long count)
    {
        if (count == 1)
        {
            TensorJson.WriteElements(writer, datatype, elements);
            return;
        }

        writer.WriteStartArray();
        TensorJson.WriteElements(writer, datatype, elements);
        writer.WriteEndArray();
    }

    private static long ElementsPerRow(IReadOnlyList<long> shape)
    {
        long count = 1;
        for (var i = 1; i < shape.Count; i++)
        {
            count *= shape[i];
        }

        return count;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, TensorDatatype datatype, long count)
    {
        var all = rest;
        if (datatype == TensorDatatype.Bytes)
        {
            for (long i = 0; i < count; i++)
            {
                BytesElement.TryTake(ref rest, out _);
            }
        }
        else
        {
            rest = rest[(int)(count * datatype.ElementSizeBytes())..];
        }

        return all[..(all.Length - rest.Length)];
    }

    private static void WriteNegativeZeros(Utf8JsonWriter writer, Tensor output)
    {
        switch (output.Datatype)
        {
            case TensorDatatype.Fp16: WriteNegativeZeros<ushort>(writer, output, 0x8000); break;
            case TensorDatatype.Fp32: WriteNegativeZeros<uint>(writer, output, 0x8000_0000); break;
            case TensorDatatype.Fp64: WriteNegativeZeros<ulong>(writer, output, 0x8000_0000_0000_0000); break;
        }
    }

    private static void WriteNegativeZeros<T>(Utf8JsonWriter writer, Tensor output, T negativeZero)
        where T : unmanaged, IEquatable<T>
    {
        var elements = MemoryMarshal.Cast<byte, T>(output.Data.Span);
        var next = elements.IndexOf(negativeZero);
        if (next < 0)
        {
            return;
        }

        writer.WriteStartArray("negative_zeros"u8);
        for (var at = next; next >= 0; at += 1 + next)
        {
            writer.WriteNumberValue(at);
            next = elements[(at + 1)..].IndexOf(negativeZero);
        }

        writer.WriteEndArray();
    }
}
