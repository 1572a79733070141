using System.Text;

namespace Millrace.Scoring.Cells;

/// <summary>Tells from a cell's digits and marks how its file writes numbers.</summary>
internal static class NumberShape
{
    private const int MostBytes = 64;

    /// <summary>What a cell shows.</summary>
    public static NumberMarks Of(ReadOnlySpan<byte> cell)
    {
        cell = cell.Trim(" \t"u8);
        if (cell.Length is 0 or > MostBytes || !HasMarks(cell))
        {
            return NumberMarks.None;
        }

        Span<char> text = stackalloc char[MostBytes];
        if (!Encoding.UTF8.TryGetChars(cell, text, out var length))
        {
            return NumberMarks.None;
        }

        var number = text[..length].TrimStart("+-\u2212");
        var mantissa = Mantissa(number);
        var marks = OfNumber(mantissa);
        // Nobody groups the digits before an exponent.
        return mantissa.Length == number.Length ? marks : marks switch
        {
            NumberMarks.Point => NumberMarks.DecimalPoint,
            NumberMarks.Comma => NumberMarks.DecimalComma,
            _ => marks,
        };
    }

    private static bool HasMarks(ReadOnlySpan<byte> cell) => cell.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    private static NumberMarks OfNumber(ReadOnlySpan<char> text)
    {
        var (space, apostrophe) = (false, false);
        Span<char> plain = stackalloc char[MostBytes];
        var length = 0;
        foreach (var current in text)
        {
            space |= current is ' ' or '\u00A0' or '\u202F' or '\u2009';
            apostrophe |= current is '\'' or '\u2019';
            if (char.IsAsciiDigit(current) || current is '.' or ',')
            {
                plain[length++] = current;
            }
            else if (current is not (' ' or '\u00A0' or '\u202F' or '\u2009' or '\'' or '\u2019'))
            {
                return NumberMarks.None;
            }
        }

        var number = plain[..length];
        if (length == 0 || !char.IsAsciiDigit(number[^1]))
        {
            return NumberMarks.None;
        }

        return OfMarks(number, space, apostrophe);
    }

    private static NumberMarks OfMarks(ReadOnlySpan<char> number, bool space, bool apostrophe)
    {
        var (points, commas) = (number.Count('.'), number.Count(','));
        return (points, commas) switch
        {
            (0, 0) => space ? NumberMarks.ThousandsSpace : apostrophe ? NumberMarks.ThousandsApostrophe : NumberMarks.None,
            (1, 0) when space || apostrophe => space ? NumberMarks.ThousandsSpace : NumberMarks.ThousandsApostrophe,
            (1, 0) => IsGrouped(number, '.') ? NumberMarks.Point : NumberMarks.DecimalPoint,
            ( > 1, 0) => IsGrouped(number, '.') ? NumberMarks.ThousandsPoint : NumberMarks.None,
            (0, 1) when space || apostrophe =>
                space ? NumberMarks.DecimalCommaThousandsSpace : NumberMarks.DecimalCommaThousandsApostrophe,
            (0, 1) => IsGrouped(number, ',') ? NumberMarks.Comma : NumberMarks.DecimalComma,
            (0, _) => IsGrouped(number, ',') ? NumberMarks.ThousandsComma : NumberMarks.None,
            (_, 1) when number.LastIndexOf(',') > number.LastIndexOf('.') =>
                IsGrouped(number[..number.IndexOf(',')], '.') ? NumberMarks.DecimalCommaThousandsPoint : NumberMarks.None,
            (1, _) when number.IndexOf('.') > number.LastIndexOf(',') =>
                IsGrouped(number[..number.IndexOf('.')], ',') ? NumberMarks.ThousandsComma : NumberMarks.None,
            _ => NumberMarks.None,
        };
    }

    /// <summary>Whether the digits stand in groups: one to three that begin with no zero, two or three, and three at the end.</summary>
    private static bool IsGrouped(ReadOnlySpan<char> number, char mark)
    {
        var first = number.IndexOf(mark);
        if (first is < 1 or > 3 || number[0] == '0' || number.Length - number.LastIndexOf(mark) != 4)
        {
            return false;
        }

        for (var rest = number[(first + 1)..]; rest.IndexOf(mark) is var next and >= 0; rest = rest[(next + 1)..])
        {
            if (next is not (2 or 3))
            {
                return false;
            }
        }

        return true;
    }

    private static ReadOnlySpan<char> Mantissa(ReadOnlySpan<char> number)
    {
        var mark = number.LastIndexOfAny('e', 'E');
        var exponent = mark > 0 ? number[(mark + 1)..].TrimStart("+-") : [];
        return exponent.Length > 0 && !exponent.ContainsAnyExceptInRange('0', '9') ? number[..mark] : number;
    }
}
