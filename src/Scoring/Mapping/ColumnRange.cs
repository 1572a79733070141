using System.Globalization;

namespace Millrace.Scoring.Mapping;

/// <summary>
/// A range that counts: <c>pixel_0..pixel_63</c>, <c>p_00..p_99</c>. Its ends are one name but for the number at the end of it.
/// </summary>
/// <param name="Prefix">What stands before the number.</param>
/// <param name="First">The first number.</param>
/// <param name="Last">The last number; less than <paramref name="First"/> where the range counts down, which no reading allows.</param>
/// <param name="Width">Digits of each number, zeros before it included; 0 where none are written before it.</param>
internal sealed record ColumnRange(string Prefix, long First, long Last, int Width)
{
    /// <summary>What stands between the ends of a range.</summary>
    public const string Mark = "..";

    // More digits than any number of columns needs, and few enough for a long.
    private const int MostDigits = 18;

    /// <summary>Reads two ends.</summary>
    /// <returns>Null where they do not count: other names, no numbers, or numbers of which only some have zeros before them.</returns>
    public static ColumnRange? Read(string first, string last)
    {
        var (from, to) = (DigitsOf(first), DigitsOf(last));
        var prefix = first[..^from.Length];
        if (from.Length is 0 or > MostDigits || to.Length is 0 or > MostDigits || last[..^to.Length] != prefix)
        {
            return null;
        }

        var isPadded = IsPadded(from) || IsPadded(to);
        return isPadded && from.Length != to.Length
            ? null
            : new ColumnRange(
                prefix,
                long.Parse(from, CultureInfo.InvariantCulture),
                long.Parse(to, CultureInfo.InvariantCulture),
                isPadded ? from.Length : 0);
    }

    /// <summary>The names, in their order.</summary>
    public IEnumerable<string> Names()
    {
        for (var number = First; number <= Last; number++)
        {
            yield return Prefix + number.ToString(CultureInfo.InvariantCulture).PadLeft(Width, '0');
        }
    }

    private static bool IsPadded(string digits) => digits.Length > 1 && digits[0] == '0';

    private static string DigitsOf(string name)
    {
        var start = name.Length;
        while (start > 0 && char.IsAsciiDigit(name[start - 1]))
        {
            start--;
        }

        return name[start..];
    }
}
