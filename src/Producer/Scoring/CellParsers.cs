using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Millrace.Contracts;

namespace Millrace.Producer.Scoring;

/// <summary>How each datatype is written in a CSV: invariant culture, whatever the machine's.</summary>
internal static class CellParsers
{
    // "3.0" is what tools that keep whole numbers as floats write.
    private const NumberStyles WholeNumber = NumberStyles.Integer | NumberStyles.AllowDecimalPoint;

    /// <summary>The parser of a datatype's cells.</summary>
    public static CellParser For(TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.Bool => TryAppendBool,
        TensorDatatype.UInt8 => TryAppendWhole<byte>,
        TensorDatatype.UInt16 => TryAppendWhole<ushort>,
        TensorDatatype.UInt32 => TryAppendWhole<uint>,
        TensorDatatype.UInt64 => TryAppendWhole<ulong>,
        TensorDatatype.Int8 => TryAppendWhole<sbyte>,
        TensorDatatype.Int16 => TryAppendWhole<short>,
        TensorDatatype.Int32 => TryAppendWhole<int>,
        TensorDatatype.Int64 => TryAppendWhole<long>,
        TensorDatatype.Fp16 => TryAppendReal<Half>,
        TensorDatatype.Fp32 => TryAppendReal<float>,
        TensorDatatype.Fp64 => TryAppendReal<double>,
        TensorDatatype.Bytes => TryAppendText,
        _ => throw new ArgumentOutOfRangeException(nameof(datatype), datatype, "not a datatype of the protocol"),
    };

    /// <summary>What a cell of the datatype looks like, for messages.</summary>
    public static string Expected(TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.Bool => "BOOL (true, false, 1 or 0)",
        TensorDatatype.Bytes => "BYTES (UTF-8 text)",
        TensorDatatype.UInt8 => Whole(byte.MinValue, byte.MaxValue),
        TensorDatatype.UInt16 => Whole(ushort.MinValue, ushort.MaxValue),
        TensorDatatype.UInt32 => Whole(uint.MinValue, uint.MaxValue),
        TensorDatatype.UInt64 => Whole(ulong.MinValue, ulong.MaxValue),
        TensorDatatype.Int8 => Whole(sbyte.MinValue, sbyte.MaxValue),
        TensorDatatype.Int16 => Whole(short.MinValue, short.MaxValue),
        TensorDatatype.Int32 => Whole(int.MinValue, int.MaxValue),
        TensorDatatype.Int64 => Whole(long.MinValue, long.MaxValue),
        _ => $"{datatype.ToWireName()} (a number such as -1.5, 2e3 or NaN)",
    };

    private static string Whole<T>(T least, T most)
        where T : unmanaged =>
        $"{TensorDatatypes.Of<T>().ToWireName()} (a whole number from {least} to {most})";

    private static bool TryAppendWhole<T>(ReadOnlySpan<byte> cell, IBufferWriter<byte> target)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (!T.TryParse(cell, WholeNumber, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        Append(value, target);
        return true;
    }

    private static bool TryAppendReal<T>(ReadOnlySpan<byte> cell, IBufferWriter<byte> target)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // A number too large for the datatype parses as infinity; only a cell that says infinity means it.
        if (!T.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            || (T.IsInfinity(value) && cell.ContainsAnyInRange((byte)'0', (byte)'9')))
        {
            return false;
        }

        Append(value, target);
        return true;
    }

    private static bool TryAppendBool(ReadOnlySpan<byte> cell, IBufferWriter<byte> target)
    {
        cell = cell.Trim(" \t"u8);
        var isTrue = cell.SequenceEqual("1"u8) || Ascii.EqualsIgnoreCase(cell, "true"u8);
        if (!isTrue && !cell.SequenceEqual("0"u8) && !Ascii.EqualsIgnoreCase(cell, "false"u8))
        {
            return false;
        }

        Append(isTrue, target);
        return true;
    }

    private static bool TryAppendText(ReadOnlySpan<byte> cell, IBufferWriter<byte> target)
    {
        var span = target.GetSpan(sizeof(uint) + cell.Length);
        BinaryPrimitives.WriteInt32LittleEndian(span, cell.Length);
        cell.CopyTo(span[sizeof(uint)..]);
        target.Advance(sizeof(uint) + cell.Length);
        return true;
    }

    private static void Append<T>(T value, IBufferWriter<byte> target)
        where T : unmanaged
    {
        var size = Unsafe.SizeOf<T>();
        MemoryMarshal.Write(target.GetSpan(size), value);
        target.Advance(size);
    }
}
