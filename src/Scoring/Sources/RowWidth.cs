using System.Globalization;
using CsvHelper;

namespace Millrace.Scoring.Sources;

/// <summary>
/// How many fields a row may have. A separator at the end of lines leaves an empty field that is none. Where the header has no such end, all rows
/// must have it or none: an empty field behind one row of many is what an unquoted decimal comma leaves, and its fields stand one place too far.
/// </summary>
internal sealed class RowWidth
{
    private readonly int _columns;
    private readonly RowEnds _ends;

    private RowWidth(int columns, RowEnds ends)
    {
        _columns = columns;
        _ends = ends;
    }

    private enum RowEnds
    {
        /// <summary>The header ends in a separator, or there is one row: each row may or may not.</summary>
        Free,

        /// <summary>The first rows do, each of them.</summary>
        Separators,

        /// <summary>Some of the first rows do not.</summary>
        Fields,
    }

    /// <summary>Looks at the start of a file whose header has been read.</summary>
    /// <exception cref="UsageException">Its rows begin with names for which the header has no column.</exception>
    public static RowWidth Of(CsvSource source)
    {
        var columns = source.Header.Count;
        if (source.HeaderFields > columns || source.HasOneColumn)
        {
            return new RowWidth(columns, RowEnds.Free);
        }

        var (seen, wider, named) = (0, 0, 0);
        foreach (var rows in source.WholeFirstRows())
        {
            if (rows.RawRecord.IsEmpty)
            {
                continue;
            }

            seen++;
            wider += IsWiderByEmptyFields(rows, columns) ? 1 : 0;
            named += rows.FieldCount == columns + 1 && IsQuotedNumber(rows, seen) ? 1 : 0;
        }

        return seen > 0 && wider == seen && named == seen
            ? throw new UsageException(
                $"{source.Name}: its rows have a number in quotes at their start, for which the header has no name, as R's write.table writes row names",
                "write it with write.csv, with row.names = FALSE, or with col.names = NA: as it is, each row's fields stand one column too far left")
            : new RowWidth(columns, seen == 0 ? RowEnds.Free : wider == seen ? RowEnds.Separators : RowEnds.Fields);
    }

    /// <summary>What is wrong with a row's number of fields; null where nothing is.</summary>
    public string? Fault(CsvReader row) =>
        IsRight(row) ? null
        : row.FieldCount == _columns ? $"{Fields(row)}, and no separator at its end, as the file's first rows have one: it lacks a field"
        : _ends == RowEnds.Fields && IsWiderByEmptyFields(row, _columns)
            ? $"{Fields(row)}, the header has {_columns}, and other rows have no empty field at their end: a separator within a value would look so"
        : $"{Fields(row)}, the header has {_columns}";

    /// <summary>Whether a row has the fields that the header has names for.</summary>
    public bool IsRight(CsvReader row) => row.FieldCount == _columns
        ? _ends != RowEnds.Separators
        : _ends != RowEnds.Fields && IsWiderByEmptyFields(row, _columns);

    private static string Fields(CsvReader row) => $"{row.FieldCount} {(row.FieldCount == 1 ? "field" : "fields")}";

    private static bool IsWiderByEmptyFields(CsvReader row, int columns)
    {
        for (var i = row.FieldCount - 1; i >= columns; i--)
        {
            if (!row.IsEmpty(i))
            {
                return false;
            }
        }

        return row.FieldCount > columns;
    }

    private static bool IsQuotedNumber(CsvReader row, int number) =>
        row.RawRecord is [(byte)'"', ..] && row.GetString(0) == number.ToString(CultureInfo.InvariantCulture);
}
