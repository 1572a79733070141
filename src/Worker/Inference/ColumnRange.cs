using System.Globalization;

namespace Millrace.Worker.Inference;

/// <summary>Lists of CSV columns, where <c>pixel_0..pixel_63</c> stands for all from the one to the other.</summary>
public static class ColumnRange
{
    private const string Separator = "..";

    // Far more than a file has columns; it keeps a slip of the pen from filling the memory.
    private const int LongestRange = 1_000_000;

    /// <summary>Expands the ranges of a list.</summary>
    /// <exception cref="ModelConfigurationException">A range's ends are not one name with rising numbers.</exception>
    public static IReadOnlyList<string> Expand(IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var expanded = new List<string>();
        foreach (var column in columns)
        {
            if (!column.Contains(Separator, StringComparison.Ordinal))
            {
                expanded.Add(column);
            }
            else if (Parse(column) is { } range)
            {
                for (var number = range.First; number <= range.Last; number++)
                {
                    expanded.Add(range.Prefix + number.ToString(CultureInfo.InvariantCulture));
                }
            }
            else
            {
                throw new ModelConfigurationException([$"columns: {Fault(column)}"]);
            }
        }

        return expanded;
    }

    /// <summary>What is wrong with the first range that is none; null where all are.</summary>
    internal static string? FindFault(IEnumerable<string> columns) => columns
        .Where(column => column.Contains(Separator, StringComparison.Ordinal) && Parse(column) is null)
        .Select(Fault)
        .FirstOrDefault();

    private static string Fault(string column) =>
        $"'{column}' is not a range; expected a name with rising numbers such as pixel_0..pixel_63, at most {LongestRange} of them";

    private static (string Prefix, int First, int Last)? Parse(string column)
    {
        var at = column.IndexOf(Separator, StringComparison.Ordinal);
        var (prefix, first) = Split(column[..at]);
        var (lastPrefix, last) = Split(column[(at + Separator.Length)..]);
        return first >= 0 && last >= first && last - first < LongestRange && lastPrefix == prefix ? (prefix, first, last) : null;
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
