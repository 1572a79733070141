namespace Millrace.Scoring.Cells;

/// <summary>Brings numbers of a file's own marks into the form that programs read: a decimal point, and nothing between the digits.</summary>
internal sealed class NumberText(char decimalMark, char? thousands)
{
    /// <summary>Longer than any number that says something; a longer cell is none.</summary>
    public const int MostBytes = 128;

    /// <summary>The decimal mark.</summary>
    public char DecimalMark => decimalMark;

    /// <summary>The options that say these marks.</summary>
    public string Options => thousands is { } mark ? $"--decimal {decimalMark} --thousands {InShell(mark)}" : $"--decimal {decimalMark}";

    /// <summary>A mark as a person types it.</summary>
    public static string InShell(char mark) => mark switch
    {
        ' ' => "space",
        '\'' => "\"'\"",
        _ => mark.ToString(),
    };

    /// <summary>The marks that a dialect declares; null where numbers are in the plain form.</summary>
    public static NumberText? Of(CsvDialect dialect) =>
        dialect is { Thousands: null, Decimal: null or '.' } ? null : new NumberText(dialect.Decimal ?? '.', dialect.Thousands);

    /// <summary>Writes a cell in the plain form.</summary>
    /// <returns>False where its marks make no sense: groups of other than three digits (two, as India writes them), or two decimal marks.</returns>
    public bool TryMakePlain(ReadOnlySpan<byte> cell, Span<byte> target, out int written)
    {
        written = 0;
        cell = cell.Trim(" \t"u8);
        if (cell.Length > target.Length)
        {
            return false;
        }

        var digits = 0;
        var groups = 0;
        var isFraction = false;
        for (var i = 0; i < cell.Length;)
        {
            if (!isFraction && groups + digits > 0 && MarkBytes(cell[i..]) is var mark and > 0)
            {
                // No group of a large number begins it with a zero: 0.123 is a fraction, whatever its mark is said to be.
                if (digits is 0 or > 3 || (groups > 0 ? digits < 2 : cell[i - digits] == '0'))
                {
                    return false;
                }

                groups++;
                digits = 0;
                i += mark;
                continue;
            }

            var current = cell[i++];
            if (char.IsAsciiDigit((char)current))
            {
                digits += isFraction ? 0 : 1;
            }
            else if (!isFraction)
            {
                // The whole part ends, by a decimal mark, an exponent or something that is no number.
                isFraction = digits > 0 || current == decimalMark;
                if (groups > 0 && digits != 3)
                {
                    return false;
                }
            }

            if (current == decimalMark)
            {
                current = (byte)'.';
            }
            else if (current == '.')
            {
                return false;
            }

            target[written++] = current;
        }

        return groups == 0 || isFraction || digits == 3;
    }

    /// <summary>Length of the thousands mark that a text begins with; 0 for none.</summary>
    private int MarkBytes(ReadOnlySpan<byte> text)
    {
        if (thousands is null)
        {
            return 0;
        }

        if (text[0] == thousands)
        {
            return 1;
        }

        return thousands switch
        {
            // No-break, narrow no-break and thin: what French, Swedish and others write.
            ' ' when text.StartsWith("\u00A0"u8) => 2,
            ' ' when text.StartsWith("\u202F"u8) || text.StartsWith("\u2009"u8) => 3,
            // As Switzerland writes it.
            '\'' when text.StartsWith("\u2019"u8) => 3,
            _ => 0,
        };
    }
}
