using System.Globalization;
using System.Text;
using CsvHelper;
using Millrace.Scoring.Cells;

namespace Millrace.Scoring.Sources;

/// <summary>The file to score: its header read, its rows to come.</summary>
internal sealed class CsvSource : IAsyncDisposable
{
    // In a file of one column nothing separates fields; the reader wants a character, and this one is in no text.
    private const byte NoSeparator = 0x1F;

    private static readonly byte[] s_mark = [0xEF, 0xBB, 0xBF];

    private readonly MeasuredStream _file;
    private readonly ReplayStream _text;
    private readonly CsvLayout _layout;
    private readonly CsvReaderOptions _options;
    private readonly CsvRecords _records;
    private byte[][] _names = [];
    private long _emptyLines;
    private long _firstEmptyLine;
    private long _hollowRows;
    private long _firstHollowLine;
    private long _longRows;
    private long _firstLongLine;

    private CsvSource(string name, MeasuredStream file, ReplayStream text, CsvLayout layout, CsvDialect dialect)
    {
        Name = name;
        Dialect = dialect;
        _file = file;
        _text = text;
        _layout = layout;
        FirstRows = text.Ahead.ToArray();
        _options = CsvReaderOptions.Default with
        {
            // The header is read as a record, for its text as it stands.
            HasHeader = false,
            Separator = (char)(layout.Separator ?? NoSeparator),
            Mode = dialect.HasQuotes ? CsvMode.Rfc4180 : CsvMode.NoEscape,
            SkipEmptyLines = false,
        };
        _records = new CsvRecords(name, text, layout, _options);
    }

    /// <summary>What to call the file in messages.</summary>
    public string Name { get; }

    /// <summary>How the file is written, as far as a person said so.</summary>
    public CsvDialect Dialect { get; }

    /// <summary>Stands on the current row.</summary>
    public CsvReader Reader => _records.Reader;

    /// <summary>Line of the file, from 1, where the current row begins.</summary>
    public long LineNumber => _records.LineNumber;

    /// <summary>Number of the current row, from 0.</summary>
    public long RowNumber { get; private set; } = -1;

    /// <summary>The columns' names.</summary>
    public IReadOnlyList<string> Header { get; private set; } = [];

    /// <summary>How many fields the header's line has: more than names where it ends in separators.</summary>
    public int HeaderFields { get; private set; }

    /// <summary>The header for the scored file, without the line break: as it stands in the file, or the columns' numbers.</summary>
    public ReadOnlyMemory<byte> HeaderText { get; private set; }

    /// <summary>Line of the file, from 1, that <see cref="FirstRows"/> begin with.</summary>
    public long FirstLine => _layout.Line;

    /// <summary>The start of the file, from its first line on; where that has the names, with it. It may end within a row.</summary>
    public ReadOnlyMemory<byte> FirstRows { get; }

    /// <summary>What separates the scored file's fields: what separates the file's; a comma where it has one column.</summary>
    public byte Separator => _layout.Separator ?? (byte)',';

    /// <summary>Whether nothing separates fields: a line is a value.</summary>
    public bool HasOneColumn => _layout.Separator is null;

    /// <summary>The line end of the first line.</summary>
    public string NewLine => _layout.NewLine;

    /// <summary>Whether the text was made of another encoding's, in which <see cref="TextStream.NoTextMark"/> stands for what is none.</summary>
    public bool IsTranscoded => _text.IsTranscoded;

    /// <summary>Bytes read so far.</summary>
    public long BytesRead => _file.BytesRead;

    /// <summary>Reads the header of a file of which nothing is known.</summary>
    /// <exception cref="UsageException">It cannot be read, or would have to be guessed.</exception>
    public static Task<CsvSource> OpenAsync(string name, Stream stream, CancellationToken cancellationToken) =>
        OpenAsync(name, stream, new CsvDialect(), cancellationToken);

    /// <summary>Reads the header.</summary>
    /// <exception cref="UsageException">It cannot be read, or would have to be guessed.</exception>
    public static async Task<CsvSource> OpenAsync(string name, Stream stream, CsvDialect dialect, CancellationToken cancellationToken)
    {
        var file = new MeasuredStream(stream);
        try
        {
            var text = await TextStream.OpenAsync(name, file, dialect.Encoding, cancellationToken);
            var layout = await CsvLayout.ReadAsync(name, text, dialect, CsvRecords.LargestBytes, cancellationToken);
            var source = new CsvSource(name, file, text, layout, dialect);
            await source.ReadHeaderAsync(cancellationToken);
            return source;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Moves to the next row.</summary>
    /// <exception cref="UsageException">The file cannot be read on.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (await _records.ReadAsync(cancellationToken))
        {
            if (Reader.RawRecord.IsEmpty && Header.Count > 1)
            {
                _firstEmptyLine = _emptyLines++ == 0 ? LineNumber : _firstEmptyLine;
                continue;
            }

            RowNumber++;
            if (_records.Fault is null && Reader.RawRecord.IndexOfAny((byte)'\r', (byte)'\n') >= 0)
            {
                _firstLongLine = _longRows++ == 0 ? LineNumber : _firstLongLine;
            }

            if (Header.Count > 1 && IsHollow(Reader.RawRecord))
            {
                _firstHollowLine = _hollowRows++ == 0 ? LineNumber : _firstHollowLine;
            }

            return true;
        }

        return false;
    }

    /// <summary>What a person should know of the rows read so far, though no row failed for it.</summary>
    public IEnumerable<string> Notes()
    {
        if (_text.IsUtf8Too)
        {
            yield return $"{Name}: read as --encoding says, but its first lines are UTF-8 as well, as which it is read without --encoding: look at its letters beyond ASCII";
        }

        if (_emptyLines > 0)
        {
            yield return $"{Name}: {_emptyLines} empty {(_emptyLines == 1 ? "line is no row" : "lines are no rows")} (the first is line {_firstEmptyLine})";
        }

        if (_hollowRows > 0)
        {
            yield return $"{Name}: {_hollowRows} {(_hollowRows == 1 ? "row has" : "rows have")} nothing but empty fields (the first is line {_firstHollowLine})";
        }

        if (_longRows > 0)
        {
            yield return $"{Name}: {_longRows} {(_longRows == 1 ? "row spans" : "rows span")} several lines (the first: line {_firstLongLine}): quoted line breaks; --no-quotes if quotes are plain characters";
        }
    }

    /// <summary>What is wrong with the current row as text or as CSV; null where nothing is.</summary>
    public string? Fault() => _records.Fault
        ?? (IsHeaderAgain() ? "the header again, as where files were put one behind the other"
            : Reader.RawRecord.StartsWith(s_mark) ? "a byte order mark before it, as where files were put one behind the other"
            : null);

    /// <summary>Whether the current row cannot be split into fields.</summary>
    public bool IsBroken => _records.IsBroken;

    /// <summary>The rows in <see cref="FirstRows"/> that are whole and well-formed, without the header: a reader that stands on each in turn.</summary>
    public IEnumerable<CsvReader> WholeFirstRows()
    {
        CsvMalformedRecord? malformed = null;
        using var rows = CsvReader.Create(FirstRows, _options with { TrackLineNumbers = true, OnMalformedRecord = record => malformed = record });
        for (var isHeader = Dialect.HasHeader != false; rows.Read(); isHeader = false, malformed = null)
        {
            // The last row may go on behind what is here.
            if (!isHeader && malformed is null && rows.ByteOffset + rows.RawRecord.Length < FirstRows.Length)
            {
                yield return rows;
            }
        }
    }

    /// <summary>SHA-256 of the file, once it is read to its end.</summary>
    public string Sha256() => _file.Sha256();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _records.DisposeAsync();
        await _text.DisposeAsync();
        await _file.DisposeAsync();
    }

    /// <summary>In a column of text it would be read as a row; of one column a value may well be what the column is called.</summary>
    private bool IsHeaderAgain() => Header.Count > 1 && Dialect.HasHeader != false && IsName(0) && Enumerable.Range(1, Header.Count - 1).All(IsName);

    /// <summary>Whether a field is its column's name, in whatever quotes and with whatever blanks or byte order mark before it.</summary>
    private bool IsName(int column)
    {
        if (column >= Reader.FieldCount)
        {
            return false;
        }

        var field = Reader.GetSpan(column).Trim(" \t"u8);
        field = field.StartsWith(s_mark) ? field[s_mark.Length..].Trim(" \t\""u8) : field;
        return field.SequenceEqual(_names[column]);
    }

    private bool IsHollow(ReadOnlySpan<byte> row)
    {
        // Most rows end the look at their first byte.
        foreach (var letter in row)
        {
            if (letter != Separator && letter is not ((byte)' ' or (byte)'"'))
            {
                return false;
            }
        }

        return true;
    }

    private async Task ReadHeaderAsync(CancellationToken cancellationToken)
    {
        await _records.ReadAsync(cancellationToken);
        if (Dialect.HasHeader == false)
        {
            // An empty line does not tell how many columns there are.
            while (!HasOneColumn && Reader.RawRecord.IsEmpty && await _records.ReadAsync(cancellationToken))
            {
            }

            HeaderFields = Reader.FieldCount;
            Header = Enumerable.Range(1, HeaderFields).Select(number => number.ToString(CultureInfo.InvariantCulture)).ToArray();
            HeaderText = Encoding.UTF8.GetBytes(string.Join((char)Separator, Header));
            // It is a row: read again as one.
            _records.StartAt(_layout.Start, _layout.Line - 1);
            _records.Fields = Header.Count;
            return;
        }

        if (Fault() is { } fault)
        {
            throw new UsageException($"{Name}, line {LineNumber}, where the columns' names are: {fault}");
        }

        // A last column without a name is what a separator at the line's end leaves.
        var count = HeaderFields = Reader.FieldCount;
        while (count > 1 && Reader.IsEmpty(count - 1))
        {
            count--;
        }

        Header = Enumerable.Range(0, count).Select(Reader.GetString).ToArray();
        _names = [.. Header.Select(name => Encoding.UTF8.GetBytes(name.Trim(' ', '\t')))];
        _records.Fields = count;
        HeaderText = RowText.Of(Reader, count, this).ToArray();
    }
}
