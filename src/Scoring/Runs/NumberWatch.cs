using System.Globalization;
using System.Text;
using CsvHelper;
using Millrace.Contracts;
using Millrace.Scoring.Cells;
using Millrace.Scoring.Mapping;
using Millrace.Scoring.Sources;

namespace Millrace.Scoring.Runs;

/// <summary>
/// Sees to it that no number is read by the wrong marks, where nobody said which marks the file has: 1.234 is another number beside
/// 1.234,50. The first rows are looked at before any is read. Later on a cell that is no number in the plain form is looked at alone,
/// so that a clean file costs nothing.
/// </summary>
internal sealed class NumberWatch
{
    private const string PlainOption = "--decimal . takes the point for the decimal mark";

    private readonly CsvSource _source;
    private readonly List<(int Column, TensorDatatype Datatype)> _numbers;
    private readonly bool _isSaid;
    private readonly List<(int Column, string? First)> _watched = [];

    private NumberWatch(CsvSource source, InputMapping mapping, int? label)
    {
        _source = source;
        _numbers =
        [
            .. mapping.Inputs.Where(input => CellParsers.IsNumber(input.Datatype)).SelectMany(input => input.Columns.Select(column => (column, input.Datatype))),
            .. label is { } column ? [(column, TensorDatatype.Fp64)] : Array.Empty<(int, TensorDatatype)>(),
        ];
        _isSaid = source.Dialect.Decimal is not null;
        // Where a comma separates fields it is rarely a decimal mark too; a semicolon is there because it is, and Excel's "Unicode text" has tabs
        // in every language.
        IsUnsure = !_isSaid && source.Separator != (byte)',';
        if (!_isSaid && !IsUnsure)
        {
            _watched.AddRange(_numbers.Select(number => number.Column).Distinct().Select(column => (column, (string?)null)));
        }
    }

    /// <summary>Whether <see cref="Watch"/> has something to look for: a column in which no number has shown yet that the point is the decimal mark.</summary>
    public bool IsWatching => _watched.Count > 0;

    /// <summary>What to say of the columns in which each number with a point could be thousands; null where there are none.</summary>
    public string? Note
    {
        get
        {
            var columns = _watched.Where(column => column.First is not null).ToList();
            return columns.Count == 0
                ? null
                : $"{_source.Name}: each number with a point in {(columns.Count == 1 ? "column" : "columns")} {NearNames.List([.. columns.Select(column => _source.Header[column.Column])])} "
                    + $"has three digits behind it, as '{columns[0].First}' has, and was read as a fraction; --thousands . reads thousands, --decimal . says that it is right";
        }
    }

    /// <summary>Looks at a row that was read, while <see cref="IsWatching"/>.</summary>
    public void Watch(CsvReader row)
    {
        if (!row.RawRecord.Contains((byte)'.'))
        {
            return;
        }

        for (var i = _watched.Count - 1; i >= 0; i--)
        {
            var (column, first) = _watched[i];
            switch (NumberShape.Of(row.GetSpan(column)))
            {
                case NumberMarks.DecimalPoint:
                    _watched.RemoveAt(i);
                    break;
                case NumberMarks.Point when first is null:
                    _watched[i] = (column, row.GetString(column));
                    break;
            }
        }
    }

    /// <summary>Whether a number such as 1.234 may still be a thousand: nothing in the file has shown that the point is its decimal mark.</summary>
    public bool IsUnsure { get; private set; }

    /// <summary>Looks at the first rows.</summary>
    /// <param name="source">The file.</param>
    /// <param name="mapping">Its columns that are inputs.</param>
    /// <param name="label">The column of right answers that are numbers; null for none.</param>
    /// <exception cref="UsageException">They show other marks than the plain ones, or none and might have them.</exception>
    public static NumberWatch Start(CsvSource source, InputMapping mapping, int? label)
    {
        var watch = new NumberWatch(source, mapping, label);
        if (!watch._isSaid)
        {
            watch.LookAtFirstRows();
        }

        return watch;
    }

    /// <summary>Looks at a row that could be read, while <see cref="IsUnsure"/>.</summary>
    /// <exception cref="UsageException">It has a number that may be two.</exception>
    public void See(CsvReader row)
    {
        if (Doubt(row) is { } column)
        {
            throw Ambiguous(_source.Header[column], row.GetString(column), _source.LineNumber);
        }
    }

    /// <summary>What to say of a cell that is no number in the marks that are taken; empty where it would be none in others either.</summary>
    /// <exception cref="UsageException">It shows that the numbers before it may have been misread.</exception>
    public string Explain(ReadOnlySpan<byte> cell, string column, TensorDatatype datatype)
    {
        var marks = NumberShape.Of(cell);
        return IsProof(marks)
            ? throw Refusal(marks, column, cell, datatype, _source.LineNumber, _source.RowNumber)
            : MarkOptions.For(marks, cell, datatype, _source.Dialect) is { Length: > 0 } option ? $"; {option} reads it"
            : "";
    }

    private void LookAtFirstRows()
    {
        (int Column, string Text, long Line)? doubt = null;
        foreach (var rows in _source.WholeFirstRows())
        {
            if (rows.FieldCount < _source.Header.Count)
            {
                continue;
            }

            var at = _source.FirstLine + rows.LineNumber - 1;
            RefuseProof(rows, at);
            if (IsUnsure && Doubt(rows) is { } column)
            {
                doubt ??= (column, rows.GetString(column), at);
            }
        }

        if (IsUnsure && doubt is { } first)
        {
            throw Ambiguous(_source.Header[first.Column], first.Text, first.Line);
        }
    }

    private void RefuseProof(CsvReader row, long line)
    {
        foreach (var (column, datatype) in _numbers)
        {
            var marks = NumberShape.Of(row.GetSpan(column));
            if (IsProof(marks))
            {
                throw Refusal(marks, _source.Header[column], row.GetSpan(column), datatype, line, rowsBefore: 0);
            }
        }
    }

    /// <summary>The first column whose number may be two, where the row does not show that the point is the decimal mark.</summary>
    private int? Doubt(CsvReader row)
    {
        int? doubt = null;
        foreach (var (column, _) in _numbers)
        {
            switch (NumberShape.Of(row.GetSpan(column)))
            {
                case NumberMarks.DecimalPoint:
                    IsUnsure = false;
                    return null;
                case NumberMarks.Point:
                    doubt ??= column;
                    break;
            }
        }

        return doubt;
    }

    /// <summary>Whether the point cannot be the decimal mark, so that what was read as one was misread.</summary>
    private bool IsProof(NumberMarks marks) => !_isSaid && marks switch
    {
        NumberMarks.ThousandsPoint or NumberMarks.DecimalComma or NumberMarks.DecimalCommaThousandsPoint
            or NumberMarks.DecimalCommaThousandsSpace or NumberMarks.DecimalCommaThousandsApostrophe => true,
        NumberMarks.Comma => _source.Separator == (byte)';',
        _ => false,
    };

    private UsageException Refusal(NumberMarks marks, string column, ReadOnlySpan<byte> cell, TensorDatatype datatype, long line, long rowsBefore)
    {
        var shows = marks == NumberMarks.ThousandsPoint ? "a point between its thousands" : "a decimal comma";
        var before = rowsBefore switch
        {
            <= 0 => "",
            1 => "; row 1 was read with decimal points before it, take its prediction for wrong",
            _ => $"; rows 1 to {Count(rowsBefore)} were read with decimal points before it, take their predictions for wrong",
        };
        var reads = MarkOptions.For(marks, cell, datatype, _source.Dialect) is { Length: > 0 } option ? $"{option} reads such numbers"
            : MarkOptions.For(marks, cell, TensorDatatype.Fp64, _source.Dialect) is { Length: > 0 } other ? $"{other} reads such numbers, of which this is no {datatype.ToWireName()}"
            : "no option reads it as one number";
        return new UsageException(
            $"{_source.Name}, line {Count(line)}: column '{column}' has '{Encoding.UTF8.GetString(cell)}', a number with {shows}{before}",
            $"{reads}; {PlainOption}, and such a cell for a mistake of its row");
    }

    private UsageException Ambiguous(string column, string cell, long line) => new(
        $"{_source.Name}, line {Count(line)}: column '{column}' has '{cell}', which in a file that is not separated by commas may be a fraction or thousands: no number before it tells",
        _source.Dialect.Thousands is null ? $"{PlainOption}, --decimal , --thousands . the comma" : PlainOption);

    private static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);
}
