using System.Buffers;
using System.Text;
using CsvHelper;
using Millrace.Contracts;

namespace Millrace.Producer.Scoring;

/// <summary>Collects rows of the file until they make a job.</summary>
internal sealed class PortionBuilder(InputMapping mapping, IReadOnlyList<string> header, int? labelColumn)
{
    private readonly InputRows[] _inputs = mapping.Inputs.Select(input => new InputRows(input)).ToArray();
    private ArrayBufferWriter<byte> _text = new();
    private List<int> _textEnds = [];
    private List<string> _labels = [];

    /// <summary>Rows collected.</summary>
    public int RowCount => _textEnds.Count;

    /// <summary>Bytes of the inputs of the rows collected.</summary>
    public int SizeBytes => _inputs.Sum(input => input.SizeBytes);

    /// <summary>Collects the current row.</summary>
    /// <returns>Null; or what is wrong with it, and then it was not collected.</returns>
    public string? TryAdd(CsvReader row)
    {
        if (row.FieldCount != header.Count)
        {
            return $"{row.FieldCount} fields, the header has {header.Count}";
        }

        foreach (var input in _inputs)
        {
            var column = input.Append(row);
            if (column >= 0)
            {
                return $"column '{header[column]}': found '{Excerpt(row.GetString(column))}', expected {input.Expected}";
            }
        }

        foreach (var input in _inputs)
        {
            input.CommitRow();
        }

        _text.Write(row.RawRecord);
        _textEnds.Add(_text.WrittenCount);
        if (labelColumn is { } label)
        {
            _labels.Add(row.GetString(label));
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
        var inputs = _inputs.Select(input => input.Take(RowCount, mapping.IsBatched)).ToList();
        var portion = new Portion { FirstRow = firstRow, Text = _text.WrittenMemory, TextEnds = _textEnds, Labels = _labels };
        _text = new ArrayBufferWriter<byte>(_text.WrittenCount);
        _textEnds = new List<int>(_textEnds.Count);
        _labels = new List<string>(_labels.Count);
        return (portion, inputs);
    }

    /// <summary>
    /// A row that could not be collected, written anew with exactly the header's number of fields, so that what is appended to it
    /// stands in its column.
    /// </summary>
    public Portion Failed(CsvReader row, long rowNumber, byte separator, string error)
    {
        var text = new ArrayBufferWriter<byte>();
        for (var i = 0; i < header.Count; i++)
        {
            if (i > 0)
            {
                text.Write([separator]);
            }

            if (i < row.FieldCount)
            {
                CsvText.AppendField(text, row.GetSpan(i), separator);
            }
        }

        return new Portion { FirstRow = rowNumber, Text = text.WrittenMemory, TextEnds = [text.WrittenCount], Error = error };
    }

    private static string Excerpt(string cell)
    {
        const int MostChars = 40;
        var text = new StringBuilder(cell.Length > MostChars ? string.Concat(cell.AsSpan(0, MostChars), "…") : cell);
        return text.Replace('\n', ' ').Replace('\r', ' ').ToString();
    }
}
