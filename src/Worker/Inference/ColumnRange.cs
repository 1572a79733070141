using System.Globalization;

namespace Millrace.Worker.Inference;

/// <summary>Lists of CSV columns, where <c>pixel_0..pixel_63</c> stands for all from the one to the other.</summary>
public static class ColumnRange
{
    private const string Separator = "..";

    /// <summary>Expands the ranges of a list.</summary>
    /// <exception cref="ModelConfigurationException">A range's ends are not one name with rising numbers.</exception>
    public static IReadOnlyList<string> Expand(IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var expanded = new List<string>();
        foreach (var column in columns)
        {
            var at = column.IndexOf(Separator, StringComparison.Ordinal);
            if (at < 0)
            {
                expanded.Add(column);
                continue;
            }

            var (prefix, first) = Split(column[..at]);
            var (lastPrefix, last) = Split(column[(at + Separator.Length)..]);
            if (first < 0 || last < first || lastPrefix != prefix)
            {
                throw new ModelConfigurationException([$"columns: '{column}' is not a range; expected a name with rising numbers such as pixel_0..pixel_63"]);
            }

            for (var number = first; number <= last; number++)
            {
                expanded.Add(prefix + number.ToString(CultureInfo.InvariantCulture));
            }
        }

        return expanded;
    }

    private static (string Prefix, int Number) Split(string name)
    {
        var digits = name.Length;
        while (digits > 0 && char.IsAsciiDigit(name[digits - 1]))
        {
            digits--;
        }

        return int.TryParse(name[digits..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? (name[..digits], number) : (name, -1);
    }
}
