using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Millrace.Contracts;

namespace Millrace.Scoring.Cells;

/// <summary>How each datatype is written in a CSV: invariant culture, whatever the machine's.</summary>
internal static class CellParsers
{
    // "3.0" and "1e+05" are what tools that keep whole numbers as floats write.
    private const NumberStyles WholeNumber = NumberStyles.Integer | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>The parser of a datatype's cells.</summary>
    /// <param name="datatype">The datatype.</param>
    /// <param name="numbers">How numbers are written; null for the plain form.</param>
    public static CellParser For(TensorDatatype datatype, NumberText? numbers = null)
    {
        var parse = Plain(datatype);
        return numbers is null || !IsNumber(datatype) ? parse : (cell, target) => TryAppend(parse, numbers, cell, target);
    }

    /// <summary>Whether the cells of a datatype are numbers.</summary>
    public static bool IsNumber(TensorDatatype datatype) => datatype is not (TensorDatatype.Bool or TensorDatatype.Bytes);

    /// <summary>What a cell of the datatype looks like, for messages.</summary>
    /// <param name="datatype">The datatype.</param>
    /// <param name="numbers">How numbers are written; null for the plain form.</param>
    public static string Expected(TensorDatatype datatype, NumberText? numbers) => datatype switch
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
        _ => $"{datatype.ToWireName()} (a number such as -1{numbers?.DecimalMark ?? '.'}5, 2e3 or NaN)",
    };

    /// <summary>Whether a cell that is no value of the datatype is a number beyond all that it holds.</summary>
    /// <param name="datatype">The datatype.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="numbers">How numbers are written; null for the plain form.</param>
    /// <returns>What to say of it: <c>too large for FP32 (-3.4028235E+38 to 3.4028235E+38)</c>; null where it is something else.</returns>
    public static string? Beyond(TensorDatatype datatype, ReadOnlySpan<byte> cell, NumberText? numbers)
    {
        Span<byte> plain = stackalloc byte[NumberText.MostBytes];
        return !IsNumber(datatype) ? null
            : numbers is null ? Beyond(datatype, cell)
            : numbers.TryMakePlain(cell, plain, out var length) ? Beyond(datatype, plain[..length])
            : null;
    }

    private static string? Beyond(TensorDatatype datatype, ReadOnlySpan<byte> cell)
    {
        cell = HasMinusSign(cell, out var signed) ? signed : cell;
        if (!cell.ContainsAnyInRange((byte)'0', (byte)'9') || !double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        var (least, most) = datatype switch
        {
            TensorDatatype.UInt8 => (byte.MinValue, byte.MaxValue),
            TensorDatatype.UInt16 => (ushort.MinValue, ushort.MaxValue),
            TensorDatatype.UInt32 => (uint.MinValue, uint.MaxValue),
            TensorDatatype.UInt64 => (ulong.MinValue, ulong.MaxValue),
            TensorDatatype.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            TensorDatatype.Int16 => (short.MinValue, short.MaxValue),
            TensorDatatype.Int32 => (int.MinValue, int.MaxValue),
            TensorDatatype.Int64 => (long.MinValue, long.MaxValue),
            TensorDatatype.Fp16 => ((double)Half.MinValue, (double)Half.MaxValue),
            TensorDatatype.Fp32 => (float.MinValue, float.MaxValue),
            _ => (double.MinValue, double.MaxValue),
        };
        // A double tells the largest whole numbers not apart: what is no value and comes to the limit is beyond it.
        return number >= most ? $"too large for {Range(datatype)}" : number <= least ? $"too small for {Range(datatype)}" : null;
    }

    private static string Range(TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.Fp16 => $"FP16 ({Half.MinValue} to {Half.MaxValue})",
        TensorDatatype.Fp32 => string.Create(CultureInfo.InvariantCulture, $"FP32 ({float.MinValue} to {float.MaxValue})"),
        TensorDatatype.Fp64 => string.Create(CultureInfo.InvariantCulture, $"FP64 ({double.MinValue} to {double.MaxValue})"),
        _ => Expected(datatype, numbers: null),
    };

    private static string Whole<T>(T least, T most)
        where T : unmanaged =>
        $"{TensorDatatypes.Of<T>().ToWireName()} (a whole number from {least} to {most})";

    private static CellParser Plain(TensorDatatype datatype) => datatype switch
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

    private static bool TryAppend(CellParser parse, NumberText numbers, ReadOnlySpan<byte> cell, IBufferWriter<byte> target)
    {
        Span<byte> plain = stackalloc byte[NumberText.MostBytes];
        return numbers.TryMakePlain(cell, plain, out var length) && parse(plain[..length], target);
    }

    private static bool TryAppendWhole<T>(ReadOnlySpan<byte> cell, IBufferWriter<byte> target)
        where T : unmanaged, IBinaryInteger<T>
    {
        if (!T.TryParse(cell, WholeNumber, CultureInfo.InvariantCulture, out var value)
            && (!HasMinusSign(cell, out var digits) || !T.TryParse(digits, WholeNumber, CultureInfo.InvariantCulture, out value)))
        {
            return false;
        }

        Append(value, target);
        return true;
    }

    private static bool TryAppendReal<T>(ReadOnlySpan<byte> cell, IBufferWriter<byte> target)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (!T.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && !TryParseInfinity(cell, out value)
            && (!HasMinusSign(cell, out var digits) || !T.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out value)))
        {
            return false;
        }

        // A number too large for the datatype parses as infinity; only a cell that says infinity means it.
        if (T.IsInfinity(value) && cell.ContainsAnyInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        Append(value, target);
        return true;
    }

    /// <summary>Infinity as pandas, R and C write it; its whole name is read with the numbers.</summary>
    private static bool TryParseInfinity<T>(ReadOnlySpan<byte> cell, out T value)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        cell = cell.Trim(" \t"u8);
        var isNegative = cell.StartsWith("-"u8);
        value = isNegative ? T.NegativeInfinity : T.PositiveInfinity;
        return Ascii.EqualsIgnoreCase(isNegative || cell.StartsWith("+"u8) ? cell[1..] : cell, "inf"u8);
    }

    /// <summary>Whether a cell begins with the sign that typographers, and Swedish spreadsheets, write for minus; then it is put as programs have it.</summary>
    private static bool HasMinusSign(ReadOnlySpan<byte> cell, out ReadOnlySpan<byte> plain)
    {
        var sign = "\u2212"u8;
        cell = cell.Trim(" \t"u8);
        plain = default;
        if (!cell.StartsWith(sign) || cell.Length == sign.Length || !char.IsAsciiDigit((char)cell[sign.Length]))
        {
            return false;
        }

        plain = (byte[])[(byte)'-', .. cell[sign.Length..]];
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
