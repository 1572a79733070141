using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Scoring.Cells;

namespace Millrace.Scoring.Sinks;

/// <summary>Reaches the elements of an output by their number, and writes them as text.</summary>
internal sealed class OutputElements
{
    private readonly Tensor _tensor;

    /// <summary>Where each BYTES element starts, its length included, and where the last one ends; null for the fixed sizes.</summary>
    private readonly int[]? _offsets;

    public OutputElements(Tensor tensor)
    {
        _tensor = tensor;
        Count = checked((int)tensor.ElementCount);
        _offsets = tensor.Datatype == TensorDatatype.Bytes ? Offsets(tensor.Data.Span, Count) : null;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>The output's dimensions.</summary>
    public IReadOnlyList<long> Shape => _tensor.Shape;

    /// <summary>How many rows it is of.</summary>
    /// <param name="isOfJob">Whether none of its dimensions counts rows.</param>
    public long RowCount(bool isOfJob) => isOfJob || Shape.Count == 0 ? 1 : Shape[0];

    /// <summary>A BYTES element.</summary>
    public ReadOnlySpan<byte> Text(int index) => Slice(index, 1)[sizeof(uint)..];

    /// <summary>Appends an element as text, unquoted: a number in its shortest form, <c>true</c> or <c>false</c>, or the bytes.</summary>
    public void Append(IBufferWriter<byte> target, int index)
    {
        var data = Slice(index, 1);
        switch (_tensor.Datatype)
        {
            case TensorDatatype.Bool: target.Write(data[0] != 0 ? "true"u8 : "false"u8); break;
            case TensorDatatype.UInt8: CsvText.AppendNumber(target, data[0]); break;
            case TensorDatatype.UInt16: CsvText.AppendNumber(target, MemoryMarshal.Read<ushort>(data)); break;
            case TensorDatatype.UInt32: CsvText.AppendNumber(target, MemoryMarshal.Read<uint>(data)); break;
            case TensorDatatype.UInt64: CsvText.AppendNumber(target, MemoryMarshal.Read<ulong>(data)); break;
            case TensorDatatype.Int8: CsvText.AppendNumber(target, MemoryMarshal.Read<sbyte>(data)); break;
            case TensorDatatype.Int16: CsvText.AppendNumber(target, MemoryMarshal.Read<short>(data)); break;
            case TensorDatatype.Int32: CsvText.AppendNumber(target, MemoryMarshal.Read<int>(data)); break;
            case TensorDatatype.Int64: CsvText.AppendNumber(target, MemoryMarshal.Read<long>(data)); break;
            // As a float: the shortest text that a half is read from may be another number to who reads it as more.
            case TensorDatatype.Fp16: CsvText.AppendNumber(target, (float)MemoryMarshal.Read<Half>(data)); break;
            case TensorDatatype.Fp32: CsvText.AppendNumber(target, MemoryMarshal.Read<float>(data)); break;
            case TensorDatatype.Fp64: CsvText.AppendNumber(target, MemoryMarshal.Read<double>(data)); break;
            case TensorDatatype.Bytes: target.Write(data[sizeof(uint)..]); break;
            default: throw new InvalidOperationException($"Output '{_tensor.Name}' has a datatype that is none of the protocol's.");
        }
    }

    /// <summary>Appends elements as a JSON array.</summary>
    public void AppendArray(IBufferWriter<byte> target, int first, int count)
    {
        using var json = new Utf8JsonWriter(target);
        json.WriteStartArray();
        TensorJson.WriteElements(json, _tensor.Datatype, Slice(first, count));
        json.WriteEndArray();
    }

    private ReadOnlySpan<byte> Slice(int first, int count)
    {
        if (_offsets is not null)
        {
            return _tensor.Data.Span[_offsets[first].._offsets[first + count]];
        }

        var size = _tensor.Datatype.ElementSizeBytes();
        return _tensor.Data.Span.Slice(first * size, count * size);
    }

    private static int[] Offsets(ReadOnlySpan<byte> data, int count)
    {
        var offsets = new int[count + 1];
        var rest = data;
        for (var i = 0; i < count; i++)
        {
            offsets[i] = data.Length - rest.Length;
            BytesElement.TryTake(ref rest, out _);
        }

        offsets[count] = data.Length - rest.Length;
        return offsets;
    }
}
