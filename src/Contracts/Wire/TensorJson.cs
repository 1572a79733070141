using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Millrace.Contracts.Wire;

/// <summary>
/// Elements of a tensor as JSON values and back. JSON has no NaN and no infinities: they are the strings
/// <c>"NaN"</c>, <c>"Infinity"</c> and <c>"-Infinity"</c>, in both directions.
/// </summary>
public static class TensorJson
{
    /// <summary>Writes elements one after the other, without brackets.</summary>
    /// <param name="writer">Stands inside an array.</param>
    /// <param name="datatype">What an element is.</param>
    /// <param name="data">Whole elements in the protocol's binary layout.</param>
    public static void WriteElements(Utf8JsonWriter writer, TensorDatatype datatype, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(writer);
        switch (datatype)
        {
            case TensorDatatype.Bool: foreach (var e in data) writer.WriteBooleanValue(e != 0); break;
            case TensorDatatype.UInt8: foreach (var e in data) writer.WriteNumberValue((uint)e); break;
            case TensorDatatype.Int8: foreach (var e in MemoryMarshal.Cast<byte, sbyte>(data)) writer.WriteNumberValue((int)e); break;
            case TensorDatatype.UInt16: foreach (var e in MemoryMarshal.Cast<byte, ushort>(data)) writer.WriteNumberValue((uint)e); break;
            case TensorDatatype.Int16: foreach (var e in MemoryMarshal.Cast<byte, short>(data)) writer.WriteNumberValue((int)e); break;
            case TensorDatatype.UInt32: foreach (var e in MemoryMarshal.Cast<byte, uint>(data)) writer.WriteNumberValue(e); break;
            case TensorDatatype.Int32: foreach (var e in MemoryMarshal.Cast<byte, int>(data)) writer.WriteNumberValue(e); break;
            case TensorDatatype.UInt64: foreach (var e in MemoryMarshal.Cast<byte, ulong>(data)) writer.WriteNumberValue(e); break;
            case TensorDatatype.Int64: foreach (var e in MemoryMarshal.Cast<byte, long>(data)) writer.WriteNumberValue(e); break;
            case TensorDatatype.Fp16: foreach (var e in MemoryMarshal.Cast<byte, Half>(data)) WriteSingle(writer, (float)e); break;
            case TensorDatatype.Fp32: foreach (var e in MemoryMarshal.Cast<byte, float>(data)) WriteSingle(writer, e); break;
            case TensorDatatype.Fp64: foreach (var e in MemoryMarshal.Cast<byte, double>(data)) WriteDouble(writer, e); break;
            case TensorDatatype.Bytes:
                while (BytesElement.TryTake(ref data, out var text))
                {
                    writer.WriteStringValue(text);
                }

                break;
            default: throw new ArgumentOutOfRangeException(nameof(datatype), datatype, "not a datatype of the protocol");
        }
    }

    /// <summary>
    /// Reads an array of elements, flat or nested at the sender's choice, into the protocol's binary layout.
    /// </summary>
    /// <param name="reader">Stands on the array's start; on return, on its end.</param>
    /// <param name="datatype">What an element is.</param>
    /// <param name="expected">How many elements there must be.</param>
    /// <param name="bodyLength">Length of the body in bytes: no array in it can have more elements.</param>
    /// <param name="field">Where the array is, for messages.</param>
    /// <param name="faults">Takes elements that are no values; null where the first one is the whole array's fault.</param>
    /// <param name="skipsNulls">Whether <c>null</c> is no element, as in the store: it stands there for a row that has none.</param>
    /// <exception cref="WireException">More or fewer elements, or one that is no value of the datatype.</exception>
    internal static ReadOnlyMemory<byte> ReadElements(
        ref Utf8JsonReader reader,
        TensorDatatype datatype,
        long expected,
        int bodyLength,
        FieldPath field,
        RowFaults? faults = null,
        bool skipsNulls = false)
    {
        JsonFields.RequireArray(ref reader, field);
        if (datatype == TensorDatatype.Bytes)
        {
            return ReadTexts(ref reader, expected, field, faults, skipsNulls);
        }

        var size = datatype.ElementSizeBytes();
        // An element takes at least one byte: a shape that claims more is wrong, whatever it claims, and costs no memory.
        var data = expected <= bodyLength
            ? new byte[expected * size]
            : throw LengthMismatch(field, expected, null);
        long count = 0;
        for (var depth = 1; depth > 0;)
        {
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray: depth++; break;
                case JsonTokenType.EndArray: depth--; break;
                case JsonTokenType.Null when skipsNulls: break;
                default:
                    if (count < expected)
                    {
                        ReadElement(ref reader, datatype, data.AsSpan((int)(count * size), size), field, count, faults);
                    }

                    count++;
                    break;
            }
        }

        return count == expected ? data : throw LengthMismatch(field, expected, count);
    }

    internal static WireException LengthMismatch(FieldPath field, long expected, long? found) => new(
        ErrorCode.DataLengthMismatch,
        found is null
            ? $"{field}: the shape asks for {expected} elements, more than the body can hold"
            : $"{field}: the shape asks for {expected} elements, found {found}");

    private static void ReadElement(
        ref Utf8JsonReader reader, TensorDatatype datatype, Span<byte> target, FieldPath field, long index, RowFaults? faults)
    {
        var isNumber = reader.TokenType == JsonTokenType.Number;
        bool ok;
        switch (datatype)
        {
            case TensorDatatype.Bool:
                ok = reader.TokenType is JsonTokenType.True or JsonTokenType.False;
                target[0] = reader.TokenType == JsonTokenType.True ? (byte)1 : (byte)0;
                break;
            case TensorDatatype.UInt8: { byte e = 0; ok = isNumber && reader.TryGetByte(out e); target[0] = e; break; }
            case TensorDatatype.Int8: { sbyte e = 0; ok = isNumber && reader.TryGetSByte(out e); target[0] = (byte)e; break; }
            case TensorDatatype.UInt16: { ushort e = 0; ok = isNumber && reader.TryGetUInt16(out e); BinaryPrimitives.WriteUInt16LittleEndian(target, e); break; }
            case TensorDatatype.Int16: { short e = 0; ok = isNumber && reader.TryGetInt16(out e); BinaryPrimitives.WriteInt16LittleEndian(target, e); break; }
            case TensorDatatype.UInt32: { uint e = 0; ok = isNumber && reader.TryGetUInt32(out e); BinaryPrimitives.WriteUInt32LittleEndian(target, e); break; }
            case TensorDatatype.Int32: { var e = 0; ok = isNumber && reader.TryGetInt32(out e); BinaryPrimitives.WriteInt32LittleEndian(target, e); break; }
            case TensorDatatype.UInt64: { ulong e = 0; ok = isNumber && reader.TryGetUInt64(out e); BinaryPrimitives.WriteUInt64LittleEndian(target, e); break; }
            case TensorDatatype.Int64: { long e = 0; ok = isNumber && reader.TryGetInt64(out e); BinaryPrimitives.WriteInt64LittleEndian(target, e); break; }
            case TensorDatatype.Fp16:
            {
                ok = TryGetSingle(ref reader, out var e);
                var half = (Half)e;
                ok &= !Half.IsInfinity(half) || float.IsInfinity(e);
                BinaryPrimitives.WriteHalfLittleEndian(target, half);
                break;
            }

            case TensorDatatype.Fp32: { ok = TryGetSingle(ref reader, out var e); BinaryPrimitives.WriteSingleLittleEndian(target, e); break; }
            case TensorDatatype.Fp64: { ok = TryGetDouble(ref reader, out var e); BinaryPrimitives.WriteDoubleLittleEndian(target, e); break; }
            default: throw new ArgumentOutOfRangeException(nameof(datatype), datatype, "not a datatype of the protocol");
        }

        if (!ok)
        {
            var fault = new WireException(
                ErrorCode.InvalidValue,
                $"{field}[{index}]: {JsonNames.Excerpt(ref reader)} is not a value of {datatype.ToWireName()}");
            PassOver(ref reader, fault, index, faults);
            target.Clear();
        }
    }

    /// <summary>Notes an element that is no value, whose place stays empty, and moves to its end: it may be an object.</summary>
    private static void PassOver(ref Utf8JsonReader reader, WireException fault, long index, RowFaults? faults)
    {
        if (faults?.TryAdd(index, fault) != true)
        {
            throw fault;
        }

        reader.Skip();
    }

    private static bool TryGetSingle(ref Utf8JsonReader reader, out float value)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return reader.TryGetSingle(out value) && float.IsFinite(value);
        }

        var ok = TryGetNonFinite(ref reader, out var special);
        value = (float)special;
        return ok;
    }

    private static bool TryGetDouble(ref Utf8JsonReader reader, out double value) =>
        reader.TokenType == JsonTokenType.Number
            ? reader.TryGetDouble(out value) && double.IsFinite(value)
            : TryGetNonFinite(ref reader, out value);

    private static bool TryGetNonFinite(ref Utf8JsonReader reader, out double value)
    {
        value = double.NaN;
        // None of the three needs an escape, and comparing an escaped string throws over half a surrogate pair.
        if (reader.TokenType != JsonTokenType.String || reader.ValueIsEscaped)
        {
            return false;
        }

        if (reader.ValueTextEquals("NaN"u8))
        {
            return true;
        }

        if (reader.ValueTextEquals("Infinity"u8))
        {
            value = double.PositiveInfinity;
            return true;
        }

        value = double.NegativeInfinity;
        return reader.ValueTextEquals("-Infinity"u8);
    }

    private static ReadOnlyMemory<byte> ReadTexts(
        ref Utf8JsonReader reader, long expected, FieldPath field, RowFaults? faults, bool skipsNulls)
    {
        var data = new ArrayBufferWriter<byte>();
        long count = 0;
        for (var depth = 1; depth > 0;)
        {
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray: depth++; break;
                case JsonTokenType.EndArray: depth--; break;
                case JsonTokenType.String:
                    count++;
                    AppendText(ref reader, data, field, count - 1, faults);
                    break;
                case JsonTokenType.Null when skipsNulls: break;
                default:
                    var fault = new WireException(
                        ErrorCode.InvalidValue, $"{field}[{count}]: expected a string, found {JsonNames.Of(reader.TokenType)}");
                    PassOver(ref reader, fault, count, faults);
                    Append(data, 0);
                    count++;
                    break;
            }
        }

        return count == expected ? data.WrittenMemory : throw LengthMismatch(field, expected, count);
    }

    private static void AppendText(
        ref Utf8JsonReader reader, ArrayBufferWriter<byte> data, FieldPath field, long index, RowFaults? faults)
    {
        // Unescaping never makes a text longer.
        var span = data.GetSpan(sizeof(uint) + reader.ValueSpan.Length);
        var length = 0;
        try
        {
            length = reader.CopyString(span[sizeof(uint)..]);
        }
        catch (InvalidOperationException)
        {
            PassOver(
                ref reader, new WireException(ErrorCode.InvalidValue, $"{field}[{index}]: the string is not valid UTF-8 or UTF-16"), index, faults);
        }

        Append(data, length);
    }

    /// <summary>Puts the length before a text that is there already.</summary>
    private static void Append(ArrayBufferWriter<byte> data, int length)
    {
        BinaryPrimitives.WriteInt32LittleEndian(data.GetSpan(sizeof(uint) + length), length);
        data.Advance(sizeof(uint) + length);
    }

    private static void WriteSingle(Utf8JsonWriter writer, float value)
    {
        if (float.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(NonFiniteName(value));
        }
    }

    private static void WriteDouble(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(NonFiniteName(value));
        }
    }

    private static string NonFiniteName(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}
