using System.Text;
using System.Text.Unicode;
using CsvHelper;

namespace Millrace.Scoring.Sources;

/// <summary>
/// A file's records one after the other, each with what is wrong with it. A quote that was not meant to go on over lines costs its own
/// line alone: the lines behind it are read again, as records of their own.
/// </summary>
internal sealed class CsvRecords : IAsyncDisposable
{
    /// <summary>The largest record: a quote that is never closed would otherwise swallow the rest of the file into memory.</summary>
    public const int LargestBytes = 16 << 20;

    private readonly string _name;
    private readonly ReplayStream _text;
    private readonly CsvReaderOptions _options;
    private CsvReader _reader;
    private CsvReader? _brokenLine;
    private CsvMalformedRecord? _malformed;
    private long _readerStart;
    private long _linesBefore;
    private long? _resumeAt;

    /// <param name="name">What to call the file in messages.</param>
    /// <param name="text">Its text.</param>
    /// <param name="layout">Where its first record is, and what separates fields.</param>
    /// <param name="options">How records are read.</param>
    public CsvRecords(string name, ReplayStream text, CsvLayout layout, CsvReaderOptions options)
    {
        _name = name;
        _text = text;
        _options = options with
        {
            TrackLineNumbers = true,
            MaxRecordSize = LargestBytes,
            OnMalformedRecord = record => _malformed = record,
        };
        _reader = NewReader(layout.Start, layout.Line - 1);
    }

    /// <summary>Stands on the current record.</summary>
    public CsvReader Reader => _brokenLine ?? _reader;

    /// <summary>Line of the file, from 1, where the current record begins.</summary>
    public long LineNumber { get; private set; }

    /// <summary>What is wrong with the current record as text or as CSV; null where nothing is.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whether the current record cannot be split into fields.</summary>
    public bool IsBroken => _malformed is not null;

    /// <summary>How many fields a record should have; null where that is not known.</summary>
    public int? Fields { get; set; }

    /// <summary>Reads on at another place, of which all is kept.</summary>
    /// <param name="offset">Where a record begins.</param>
    /// <param name="linesBefore">Lines of the file before it.</param>
    public void StartAt(long offset, long linesBefore)
    {
        _brokenLine?.Dispose();
        (_brokenLine, _resumeAt) = (null, null);
        _reader.Dispose();
        _reader = NewReader(offset, linesBefore);
    }

    /// <summary>Moves to the next record.</summary>
    /// <exception cref="UsageException">The file cannot be read on.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (_resumeAt is { } offset)
        {
            StartAt(offset, LineNumber);
        }

        _malformed = null;
        Fault = null;
        _text.KeepFrom(_readerStart + _reader.ByteOffset);
        try
        {
            if (!await _reader.ReadAsync(cancellationToken))
            {
                return false;
            }
        }
        catch (CsvFormatException tooLarge)
        {
            LineNumber = _linesBefore + tooLarge.LineNumber;
            TakeFirstLine(_text.KeptFrom(_readerStart + tooLarge.ByteOffset), tooLarge.ByteOffset);
            return true;
        }
        catch (DecoderFallbackException undecodable)
        {
            throw TextStream.Undecodable(_name, undecodable, LineNumber);
        }

        LineNumber = _linesBefore + _reader.LineNumber;
        var record = _reader.RawRecord;
        if (_malformed is { } malformed)
        {
            Judge(record, malformed);
        }
        else if (!Utf8.IsValid(record))
        {
            Fault = $"bytes that are no UTF-8 text; {TextStream.EncodingOption}, says what they are";
        }
        else if (_text.IsTranscoded && record.IndexOf(TextStream.NoText) >= 0)
        {
            Fault = "bytes that are no text in the file's encoding, such as half a surrogate pair";
        }
        else if (record.Contains((byte)0))
        {
            Fault = "a NUL byte, which is in no text";
        }

        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _brokenLine?.Dispose();
        return _reader.DisposeAsync();
    }

    private void Judge(ReadOnlySpan<byte> record, CsvMalformedRecord malformed)
    {
        // Where the fault is in a later line than the first, or the lines together make no row, a quote in the first was not meant to go
        // on: the lines are rows of their own.
        var firstLine = record.IndexOfAny((byte)'\r', (byte)'\n');
        var isWhole = malformed.Reason != CsvMalformedReason.UnterminatedQuote
            && malformed.ByteOffset - _reader.ByteOffset <= firstLine
            && (Fields is null || _reader.FieldCount == Fields);
        if (firstLine >= 0 && !isWhole)
        {
            TakeFirstLine(record, _reader.ByteOffset);
            return;
        }

        Fault = malformed.Reason switch
        {
            CsvMalformedReason.UnterminatedQuote => "a quote is never closed",
            CsvMalformedReason.TextAfterClosingQuote => "text behind a closing quote; a quote inside of quotes is written twice",
            CsvMalformedReason.StrayQuote => "a quote inside a field that does not begin with one; --no-quotes takes quotes for text",
            _ => $"malformed ({malformed.Reason})",
        };
    }

    /// <summary>The row is the text's first line alone; reading goes on behind it.</summary>
    private void TakeFirstLine(ReadOnlySpan<byte> lines, long offset)
    {
        var length = lines.IndexOfAny((byte)'\r', (byte)'\n');
        if (length < 0)
        {
            throw new UsageException(
                $"{_name}, line {LineNumber}: the line is larger than {LargestBytes >> 20} MiB", "is it a text file, with a line for each row?");
        }

        _resumeAt = _readerStart + offset + length + CsvLayout.LineEndBytes(lines[length..]);
        _brokenLine = CsvReader.Create(lines[..length].ToArray(), _options);
        _brokenLine.Read();
        Fault = "a quote is opened and not closed, and the lines behind it make no sense as its text";
    }

    private CsvReader NewReader(long start, long linesBefore)
    {
        (_readerStart, _linesBefore) = (start, linesBefore);
        _text.KeepFrom(start);
        _text.GoTo(start);
        return CsvReader.Create(_text, _options, leaveOpen: true);
    }
}
