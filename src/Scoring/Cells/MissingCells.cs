using System.Buffers;
using System.Text;
using Millrace.Contracts;

namespace Millrace.Scoring.Cells;

/// <summary>What becomes of a number's cell that has none: it is empty, or says so in a word that programs write for it.</summary>
/// <param name="Value">What to read in its place, written as the file's cells are; null to fail the row.</param>
internal sealed record MissingCells(string? Value)
{
    /// <summary>The words: those of pandas, R, Excel, SQL, Python and MySQL. Capitals make no difference.</summary>
    public const string Words = "NA, N/A, #N/A, #NA, #NV, #N/D, <NA>, NaN, -NaN, null, None, \\N";

    // None of the words is longer.
    private const int MostBytes = 4;

    /// <summary>They fail their row.</summary>
    public static MissingCells AreErrors { get; } = new(Value: null);

    /// <summary>They are NaN; only floats have one.</summary>
    public static MissingCells AreNan { get; } = new("NaN");

    /// <summary>Whether NaN stands for them.</summary>
    public bool IsNan => Value == AreNan.Value;

    /// <summary>What stands for one as an element of a datatype; null where nothing does.</summary>
    /// <param name="datatype">The datatype; no text is ever missing: an empty one is a text.</param>
    /// <param name="numbers">How the file writes numbers; null for the plain form.</param>
    public byte[]? ElementOf(TensorDatatype datatype, NumberText? numbers)
    {
        if (Value is null || datatype == TensorDatatype.Bytes)
        {
            return null;
        }

        var element = new ArrayBufferWriter<byte>();
        return CellParsers.For(datatype, numbers)(Encoding.UTF8.GetBytes(Value), element) ? element.WrittenSpan.ToArray() : null;
    }

    /// <summary>What to say of a cell that is one.</summary>
    public string Explain(TensorDatatype datatype)
    {
        var isFloat = datatype is TensorDatatype.Fp16 or TensorDatatype.Fp32 or TensorDatatype.Fp64;
        return Value is null
            ? isFloat ? "; --missing nan reads a missing number as NaN, --missing VALUE as VALUE" : "; --missing VALUE reads a missing one as VALUE"
            : IsNan ? $"; {datatype.ToWireName()} has no NaN: --missing VALUE reads a missing one as VALUE"
            : $"; --missing {Value} is no {datatype.ToWireName()} either";
    }

    /// <summary>Whether a cell is one: empty, or one of <see cref="Words"/>.</summary>
    public static bool Has(ReadOnlySpan<byte> cell)
    {
        cell = cell.Trim(" \t"u8);
        return cell.Length switch
        {
            0 => true,
            > MostBytes => false,
            _ => Is(cell, "NA"u8) || Is(cell, "N/A"u8) || Is(cell, "#N/A"u8) || Is(cell, "#NA"u8) || Is(cell, "#NV"u8) || Is(cell, "#N/D"u8) || Is(cell, "<NA>"u8)
                || Is(cell, "NaN"u8) || Is(cell, "-NaN"u8) || Is(cell, "null"u8) || Is(cell, "None"u8) || Is(cell, "\\N"u8),
        };
    }

    private static bool Is(ReadOnlySpan<byte> cell, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(cell, word);
}
