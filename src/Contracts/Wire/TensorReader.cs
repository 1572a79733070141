using System.Text.Json;
using System.Text.Unicode;

namespace Millrace.Contracts.Wire;

/// <summary>Reads one tensor object of a request or a response.</summary>
internal static class TensorReader
{
    /// <summary>Reads the tensor that the reader stands on.</summary>
    /// <param name="reader">Stands on the object's start; on return, on its end.</param>
    /// <param name="at">Where the object is, for messages.</param>
    /// <param name="binary">What is left of the binary section; moved past this tensor's bytes.</param>
    /// <param name="limits">What is accepted.</param>
    /// <param name="jsonLength">Length of the JSON in bytes.</param>
    /// <param name="faults">Takes elements that are no values; null where the first one is the tensor's fault.</param>
    /// <exception cref="WireException">The tensor is not one.</exception>
    public static Tensor Read(
        ref Utf8JsonReader reader, FieldPath at, ref ReadOnlyMemory<byte> binary, WireLimits limits, int jsonLength, RowFaults? faults = null)
    {
        string? name = null;
        TensorDatatype? datatype = null;
        long[]? shape = null;
        long? binarySize = null;
        Utf8JsonReader data = default;
        while (JsonFields.Next(ref reader, at))
        {
            if (reader.ValueTextEquals("name"u8)) name = ReadText(ref reader, at.At(".name"));
            else if (reader.ValueTextEquals("datatype"u8)) datatype = ReadDatatype(ref reader, at.At(".datatype"));
            else if (reader.ValueTextEquals("shape"u8)) shape = ReadShape(ref reader, at, limits);
            else if (reader.ValueTextEquals("parameters"u8)) binarySize = ReadBinarySize(ref reader, at);
            else if (reader.ValueTextEquals("data"u8)) { reader.Read(); data = reader; reader.Skip(); }
            else reader.Skip();
        }

        if (name is null) throw WireException.Invalid($"{at}.name: missing, expected the tensor's name");
        at = at with { Name = name };
        if (datatype is not { } type) throw WireException.Invalid($"{at}.datatype: missing, expected one of {AllDatatypes}");
        if (shape is null) throw WireException.Invalid($"{at}.shape: missing, expected an array of dimensions");

        var count = CountElements(shape, at);
        faults?.Begin(shape, count);
        return new Tensor
        {
            Name = name,
            Datatype = type,
            Shape = shape,
            Data = ReadData(ref data, binarySize, ref binary, type, count, jsonLength, at, faults),
        };
    }

    private static string AllDatatypes => string.Join(", ", TensorDatatypes.Names);

    private static ReadOnlyMemory<byte> ReadData(
        ref Utf8JsonReader data,
        long? binarySize,
        ref ReadOnlyMemory<byte> binary,
        TensorDatatype datatype,
        long count,
        int jsonLength,
        FieldPath at,
        RowFaults? faults)
    {
        if (binarySize is { } size)
        {
            if (data.TokenType != JsonTokenType.None)
            {
                throw WireException.Invalid($"{at}: has both data and parameters.binary_data_size, expected one of them");
            }

            if (size > binary.Length)
            {
                throw new WireException(
                    ErrorCode.DataLengthMismatch,
                    $"{at}.parameters.binary_data_size: {size} bytes, the binary section has {binary.Length} left");
            }

            var bytes = binary[..(int)size];
            binary = binary[(int)size..];
            CheckBinary(bytes.Span, datatype, count, at, faults);
            return bytes;
        }

        return data.TokenType == JsonTokenType.None
            ? throw WireException.Invalid($"{at}.data: missing, expected an array of {count} elements")
            : TensorJson.ReadElements(ref data, datatype, count, jsonLength, at.At(".data"), faults);
    }

    private static void CheckBinary(ReadOnlySpan<byte> bytes, TensorDatatype datatype, long count, FieldPath at, RowFaults? faults)
    {
        if (datatype == TensorDatatype.Bytes)
        {
            CheckTexts(bytes, count, at, faults);
        }
        else if (count > bytes.Length || count * datatype.ElementSizeBytes() != bytes.Length)
        {
            throw new WireException(
                ErrorCode.DataLengthMismatch,
                $"{at}.parameters.binary_data_size: {bytes.Length} bytes, the shape asks for {count} elements of {datatype.ToWireName()}");
        }

        if (datatype == TensorDatatype.Bool && bytes.ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            CheckBools(bytes, at, faults);
        }
    }

    /// <summary>An element of BYTES is a text to ONNX, and to JSON: both are UTF-8.</summary>
    private static void CheckTexts(ReadOnlySpan<byte> bytes, long count, FieldPath at, RowFaults? faults)
    {
        long found = 0;
        for (; BytesElement.TryTake(ref bytes, out var element); found++)
        {
            if (!Utf8.IsValid(element))
            {
                Report(new WireException(ErrorCode.InvalidValue, $"{at}: element {found} is not UTF-8, expected texts in UTF-8"), found, count, faults);
            }
        }

        if (!bytes.IsEmpty || found != count)
        {
            throw TensorJson.LengthMismatch(at, count, found);
        }
    }

    private static void CheckBools(ReadOnlySpan<byte> bytes, FieldPath at, RowFaults? faults)
    {
        var fault = new WireException(ErrorCode.InvalidValue, $"{at}: a BOOL is a byte of 0 or 1, found another one");
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] > 1)
            {
                Report(fault, i, bytes.Length, faults);
            }
        }
    }

    private static void Report(WireException fault, long element, long count, RowFaults? faults)
    {
        // One behind the last is in no row: the lengths are wrong, and that is told.
        if (faults is null || (element < count && !faults.TryAdd(element, fault)))
        {
            throw fault;
        }
    }

    private static string ReadText(ref Utf8JsonReader reader, FieldPath field)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String
            ? JsonText.Read(ref reader, field)
            : throw WireException.Invalid($"{field}: expected a string, found {JsonNames.Of(reader.TokenType)}");
    }

    private static TensorDatatype ReadDatatype(ref Utf8JsonReader reader, FieldPath field)
    {
        var text = ReadText(ref reader, field);
        return TensorDatatypes.TryParse(text, out var datatype)
            ? datatype
            : throw WireException.Invalid($"{field}: expected one of {AllDatatypes}, found {JsonNames.Excerpt(ref reader)}");
    }

    private static long[] ReadShape(ref Utf8JsonReader reader, FieldPath at, WireLimits limits)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw WireException.Invalid($"{at}.shape: expected an array of dimensions, found {JsonNames.Of(reader.TokenType)}");
        }

        Span<long> shape = stackalloc long[Math.Min(limits.MaxRank, 64)];
        var rank = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (rank == shape.Length)
            {
                throw new WireException(ErrorCode.ShapeTooLarge, $"{at}.shape: more than the {shape.Length} dimensions allowed");
            }

            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out shape[rank]) || shape[rank] < 0)
            {
                throw WireException.Invalid(
                    $"{at}.shape[{rank}]: expected a whole number of 0 or more, found {JsonNames.Excerpt(ref reader)}");
            }

            rank++;
        }

        return shape[..rank].ToArray();
    }

    private static long? ReadBinarySize(ref Utf8JsonReader reader, FieldPath at)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        at = at.At(".parameters");
        JsonFields.RequireObject(ref reader, at);
        long? size = null;
        while (JsonFields.Next(ref reader, at))
        {
            var isSize = reader.ValueTextEquals("binary_data_size"u8);
            reader.Read();
            if (!isSize)
            {
                reader.Skip();
            }
            else if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var bytes) && bytes >= 0)
            {
                size = bytes;
            }
            else
            {
                throw WireException.Invalid(
                    $"{at}.binary_data_size: expected a number of bytes, found {JsonNames.Excerpt(ref reader)}");
            }
        }

        return size;
    }

    private static long CountElements(long[] shape, FieldPath at)
    {
        // A dimension of 0 makes the product 0, but the others must not overflow on the way there either.
        long count = 1;
        foreach (var dimension in shape)
        {
            if (Math.BigMul(count, Math.Max(dimension, 1), out count) != 0 || count < 0)
            {
                throw new WireException(
                    ErrorCode.ShapeTooLarge, $"{at}.shape: the product of [{string.Join(',', shape)}] overflows 64 bits");
            }
        }

        return Array.IndexOf(shape, 0) < 0 ? count : 0;
    }
}
