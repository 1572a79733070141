using System.Globalization;

namespace Millrace.Scoring.Mapping;

/// <summary>
/// The columns of an input of many elements that are called like it and counted: <c>x_0</c>, <c>x_1</c>, … or <c>x1</c>, <c>x2</c>, …. Their names
/// say which element each is, wherever they stand. It is so only where there can be no two opinions: all of them are there, once, and none more.
/// </summary>
internal static class NumberedColumns
{
    private static readonly string[] s_separators = ["", "_"];

    /// <summary>Finds them.</summary>
    /// <param name="input">The input's name.</param>
    /// <param name="elements">How many elements of a row it takes, more than one.</param>
    /// <param name="names">The file's columns.</param>
    /// <param name="labelColumn">The column that holds the right answers, which is no part of an input; null for none.</param>
    /// <returns>The columns in the order of their numbers; null where there are none such, or more than one reading.</returns>
    public static IReadOnlyList<int>? Find(string input, long elements, ColumnNames names, string? labelColumn)
    {
        IReadOnlyList<int>? found = null;
        foreach (var separator in s_separators)
        {
            foreach (var first in (long[])[0, 1])
            {
                if (!IsWhole(input + separator, first, elements, names, labelColumn))
                {
                    continue;
                }

                if (found is not null)
                {
                    return null;
                }

                found = [.. Numbers(first, elements).Select(number => names.FirstOf(Name(input + separator, number)))];
            }
        }

        return found;
    }

    private static bool IsWhole(string prefix, long first, long elements, ColumnNames names, string? labelColumn) =>
        elements <= names.Count
        && !names.Has(Name(prefix, first + elements))
        && (first == 0 || !names.Has(Name(prefix, first - 1)))
        && Numbers(first, elements).All(number => names.HasOne(Name(prefix, number)) && Name(prefix, number) != labelColumn);

    private static IEnumerable<long> Numbers(long first, long count) => Enumerable.Range(0, (int)count).Select(index => first + index);

    private static string Name(string prefix, long number) => prefix + number.ToString(CultureInfo.InvariantCulture);
}
