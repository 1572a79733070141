using System.Runtime.InteropServices;
using System.Text.Json;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Results;

/// <summary>Reads back what <see cref="StoredOutputs"/> wrote.</summary>
internal static class StoredOutputsReader
{
    /// <summary>The outputs, in the order they were written in.</summary>
    /// <exception cref="InvalidDataException">The column holds something else.</exception>
    public static IReadOnlyList<Tensor> Decode(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            var outputs = new List<(int Index, Tensor Tensor)>();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                outputs.Add(DecodeOutput(ref reader, name, json.Length));
            }

            outputs.Sort(static (a, b) => a.Index.CompareTo(b.Index));
            return outputs.ConvertAll(static output => output.Tensor);
        }
        catch (Exception e) when (e is JsonException or WireException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"The column 'outputs' holds no outputs: {e.Message}", e);
        }
    }

    private static (int Index, Tensor Tensor) DecodeOutput(ref Utf8JsonReader reader, string name, int jsonLength)
    {
        var index = 0;
        TensorDatatype datatype = default;
        long[] shape = [];
        int[] negativeZeros = [];
        Utf8JsonReader data = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Text that went through jsonb has data before the datatype that it needs: it is read last.
            if (reader.ValueTextEquals("data"u8)) { reader.Read(); data = reader; reader.Skip(); }
            else if (reader.ValueTextEquals("index"u8)) { reader.Read(); index = reader.GetInt32(); }
            else if (reader.ValueTextEquals("datatype"u8)) { reader.Read(); datatype = DecodeDatatype(ref reader, name); }
            else if (reader.ValueTextEquals("shape"u8)) shape = DecodeNumbers(ref reader, static (ref Utf8JsonReader r) => r.GetInt64());
            else if (reader.ValueTextEquals("negative_zeros"u8)) negativeZeros = DecodeNumbers(ref reader, static (ref Utf8JsonReader r) => r.GetInt32());
            else reader.Skip();
        }

        var tensor = new Tensor { Name = name, Datatype = datatype, Shape = shape, Data = default };
        var elements = TensorJson.ReadElements(ref data, datatype, tensor.ElementCount, jsonLength, name, skipsNulls: true);
        SetNegativeZeros(elements, datatype, negativeZeros);
        return (index, tensor with { Data = elements });
    }

    private static TensorDatatype DecodeDatatype(ref Utf8JsonReader reader, string name) =>
        TensorDatatypes.TryParse(reader.GetString(), out var datatype)
            ? datatype
            : throw new InvalidDataException($"Output '{name}' has a datatype that this program does not know: {reader.GetString()}");

    private delegate T ReadNumber<out T>(ref Utf8JsonReader reader);

    private static T[] DecodeNumbers<T>(ref Utf8JsonReader reader, ReadNumber<T> read)
    {
        var numbers = new List<T>();
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            numbers.Add(read(ref reader));
        }

        return [.. numbers];
    }

    private static void SetNegativeZeros(ReadOnlyMemory<byte> elements, TensorDatatype datatype, int[] places)
    {
        // The array was made a moment ago and belongs to nobody else yet. Little-endian: the sign is in the last byte.
        var bytes = MemoryMarshal.AsMemory(elements).Span;
        var size = datatype.ElementSizeBytes();
        foreach (var place in places)
        {
            if (size == 0 || (uint)place >= (uint)(bytes.Length / size))
            {
                throw new InvalidDataException($"negative_zeros names element {place}, which is not there");
            }

            bytes[((place + 1) * size) - 1] = 0x80;
        }
    }
}
