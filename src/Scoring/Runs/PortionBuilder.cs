using System.Buffers;
using System.Globalization;
using System.Text;
using CsvHelper;
using Millrace.Contracts;
using Millrace.Scoring.Cells;
using Millrace.Scoring.Labels;
using Millrace.Scoring.Mapping;
using Millrace.Scoring.Sinks;
using Millrace.Scoring.Sources;

namespace Millrace.Scoring.Runs;

/// <summary>Collects rows of the file until they make a job.</summary>
internal sealed class PortionBuilder
{
    private readonly InputMapping _mapping;
    private readonly CsvSource _source;
    private readonly IReadOnlyList<string> _header;
    private readonly int? _labelColumn;
    private readonly bool _isLabelNumber;
    private readonly InputRows[] _inputs;
    private readonly RowWidth _width;
    private readonly NumberWatch _numbers;
    private readonly NumberText? _marks;
    private ArrayBufferWriter<byte> _text = new();
    private List<int> _textEnds = [];
    private List<long> _lines = [];
    private List<string> _labels = [];

    /// <summary>Looks at the file's first rows before it takes any.</summary>
    /// <exception cref="UsageException">They are not written as numbers are read.</exception>
    public PortionBuilder(InputMapping mapping, CsvSource source, LabelPlan? label)
    {
        _mapping = mapping;
        _source = source;
        _header = source.Header;
        _labelColumn = label?.Column;
        _isLabelNumber = label?.Target is { Kind: LabelKind.Numbers };
        _inputs = mapping.Inputs.Select(input => new InputRows(input, source.Dialect)).ToArray();
        _width = RowWidth.Of(source);
        _marks = NumberText.Of(source.Dialect);
        mapping.Refuse(source.Dialect.Missing, _marks);
        _numbers = NumberWatch.Start(source, mapping, _isLabelNumber ? _labelColumn : null);
    }

    /// <summary>Rows collected.</summary>
    public int RowCount => _textEnds.Count;

    /// <summary>Bytes of the inputs of the rows collected.</summary>
    public int SizeBytes => _inputs.Sum(input => input.SizeBytes);

    /// <summary>What a person should know of how the rows were read; null for nothing.</summary>
    public string? Note => _numbers.Note;

    /// <summary>Collects the current row.</summary>
    /// <returns>Null; or what is wrong with it, and then it was not collected.</returns>
    /// <exception cref="UsageException">It shows that rows before it may have been misread.</exception>
    public string? TryAdd(CsvReader row)
    {
        if (_width.Fault(row) is { } fault)
        {
            return fault;
        }

        foreach (var input in _inputs)
        {
            var column = input.Append(row);
            if (column >= 0)
            {
                return Explain(input, row, column);
            }
        }

        if (_numbers.IsUnsure)
        {
            _numbers.See(row);
        }

        if (_numbers.IsWatching)
        {
            _numbers.Watch(row);
        }

        foreach (var input in _inputs)
        {
            input.CommitRow();
        }

        _text.Write(RowText.Of(row, _header.Count, _source));
        _textEnds.Add(_text.WrittenCount);
        _lines.Add(_source.LineNumber);
        if (_labelColumn is { } label)
        {
            _labels.Add(Label(row, label));
        }

        return null;
    }

    /// <summary>Drops what a row that could not be collected has left.</summary>
    public void DropUnfinished()
    {
        foreach (var input in _inputs)
        {
            input.DropUnfinished();
        }
    }

    /// <summary>Hands over what was collected, and starts again.</summary>
    public (Portion Rows, IReadOnlyList<Tensor> Inputs) Take(long firstRow)
    {
        var inputs = _inputs.Select(input => input.Take(RowCount, _mapping.IsBatched)).ToList();
        var portion = new Portion { FirstRow = firstRow, Text = _text.WrittenMemory, TextEnds = _textEnds, Lines = _lines, Labels = _labels };
        _text = new ArrayBufferWriter<byte>(_text.WrittenCount);
        _textEnds = new List<int>(_textEnds.Count);
        _lines = new List<long>(_lines.Count);
        _labels = new List<string>(_labels.Count);
        return (portion, inputs);
    }

    /// <summary>
    /// A row that could not be collected, with exactly the header's number of fields, so that what is appended to it stands in its
    /// column. Where that is not the row's own text, the whole of that stands behind the error.
    /// </summary>
    public Portion Failed(CsvReader row, long rowNumber, string error)
    {
        var isWhole = !_source.IsBroken && _width.IsRight(row);
        var text = new ArrayBufferWriter<byte>();
        if (isWhole)
        {
            text.Write(RowText.Readable(RowText.Of(row, _header.Count, _source), _source));
        }
        else
        {
            // Of a row that cannot be split no field is known.
            text.Write(RowText.Readable(RowText.Written(row, _source.IsBroken ? 0 : row.FieldCount, _header.Count, _source.Separator), _source));
        }

        return new Portion
        {
            FirstRow = rowNumber,
            Text = text.WrittenMemory,
            TextEnds = [text.WrittenCount],
            Lines = [_source.LineNumber],
            Error = isWhole ? error : $"{error}; the row: {RowText.Whole(row, _source)}",
        };
    }

    /// <summary>A label as predictions are written: a number without the file's own marks.</summary>
    /// <exception cref="UsageException">It shows that labels before it may have been misread.</exception>
    private string Label(CsvReader row, int column)
    {
        if (_isLabelNumber && !double.TryParse(row.GetSpan(column), NumberStyles.Float, CultureInfo.InvariantCulture, out _))
        {
            // Refuses the file where this one shows that others were misread.
            _numbers.Explain(row.GetSpan(column), _header[column], TensorDatatype.Fp64);
        }

        Span<byte> plain = stackalloc byte[NumberText.MostBytes];
        return _marks is not null && _marks.TryMakePlain(row.GetSpan(column), plain, out var length)
            && double.TryParse(plain[..length], NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? Encoding.UTF8.GetString(plain[..length])
            : row.GetString(column);
    }

    private string Explain(InputRows input, CsvReader row, int column)
    {
        var cell = row.GetSpan(column);
        var name = _header[column];
        var isMissing = input.Datatype != TensorDatatype.Bytes && MissingCells.Has(cell);
        if (!isMissing && CellParsers.Beyond(input.Datatype, cell, _marks) is { } beyond)
        {
            return $"column '{name}': found '{Excerpt(row.GetString(column))}', {beyond}";
        }

        var advice = isMissing ? _source.Dialect.Missing.Explain(input.Datatype)
            : CellParsers.IsNumber(input.Datatype) ? _numbers.Explain(cell, name, input.Datatype)
            : "";
        return cell.IsEmpty
            ? $"column '{name}': empty, expected {input.Expected}{advice}"
            : $"column '{name}': found '{Excerpt(row.GetString(column))}', expected {input.Expected}{advice}";
    }

    private static string Excerpt(string cell)
    {
        const int MostChars = 40;
        var text = new StringBuilder(cell.Length > MostChars ? string.Concat(cell.AsSpan(0, MostChars), "…") : cell);
        return text.Replace('\n', ' ').Replace('\r', ' ').ToString();
    }
}
