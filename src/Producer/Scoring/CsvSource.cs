using CsvHelper;

namespace Millrace.Producer.Scoring;

/// <summary>The file to score: its header read, its rows to come.</summary>
internal sealed class CsvSource : IAsyncDisposable
{
    // A quote that is never closed would otherwise swallow the rest of the file into memory.
    private const int LargestRecordBytes = 16 << 20;

    private readonly MeasuredStream _stream;
    private bool _unclosedQuote;

    private CsvSource(string name, Stream stream)
    {
        Name = name;
        _stream = new MeasuredStream(stream);
        Reader = CsvReader.Create(_stream, CsvReaderOptions.Default with
        {
            // The header is read as a record, for its text as it stands.
            HasHeader = false,
            TrackLineNumbers = true,
            MaxRecordSize = LargestRecordBytes,
            OnMalformedRecord = record => _unclosedQuote |= record.Reason == CsvMalformedReason.UnterminatedQuote,
        });
    }

    /// <summary>What to call the file in messages.</summary>
    public string Name { get; }

    /// <summary>Stands on the current row.</summary>
    public CsvReader Reader { get; }

    /// <summary>The columns' names.</summary>
    public IReadOnlyList<string> Header { get; private set; } = [];

    /// <summary>The header as it stands in the file, without the line break.</summary>
    public ReadOnlyMemory<byte> HeaderText { get; private set; }

    /// <summary>The separator, which is found out from the file: a comma, semicolon, tab or bar.</summary>
    public byte Separator => (byte)Reader.Separator;

    /// <summary>The line end of the first line.</summary>
    public string NewLine => _stream.NewLine ?? "\n";

    /// <summary>Bytes read so far.</summary>
    public long BytesRead => _stream.BytesRead;

    /// <summary>Reads the header.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static async Task<CsvSource> OpenAsync(string name, Stream stream, CancellationToken cancellationToken)
    {
        var source = new CsvSource(name, stream);
        try
        {
            if (!await source.ReadAsync(cancellationToken))
            {
                throw new UsageException($"{name} is empty", "expected CSV: a line of column names, then one line a row");
            }

            source.Header = source.Reader.Current.ToArray();
            source.HeaderText = source.Reader.RawRecord.ToArray();
            return source;
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }

    /// <summary>Moves to the next row.</summary>
    /// <exception cref="UsageException">The file cannot be read on.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Reader.ReadAsync(cancellationToken);
        }
        catch (CsvFormatException malformed)
        {
            throw new UsageException(
                $"{Name}, line {malformed.LineNumber}: the row is larger than {LargestRecordBytes >> 20} MiB",
                "is there a quote that is never closed?");
        }
    }

    /// <summary>What is wrong with the current row as CSV; null where nothing is.</summary>
    public string? Fault() => _unclosedQuote ? "a quote is never closed" : null;

    /// <summary>SHA-256 of the file, once it is read to its end.</summary>
    public string Sha256() => _stream.Sha256();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Reader.DisposeAsync();
}
