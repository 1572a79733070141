using System.Buffers;
using System.Text;
using CsvHelper;
using Millrace.Scoring.Cells;
using Millrace.Scoring.Sources;

namespace Millrace.Scoring.Sinks;

/// <summary>
/// The file that scoring writes: the source's rows as they are, with the outputs behind them. A file takes its name when it is whole.
/// Its column of errors is there only if a row has one; a stream, which cannot be written anew, has that column always.
/// </summary>
internal sealed class ScoredCsv : IAsyncDisposable
{
    private readonly CsvSource _source;
    private readonly OutputPlan _plan;
    private readonly string? _path;
    private readonly byte[] _newLine;
    private readonly ArrayBufferWriter<byte> _buffer = new(64 << 10);
    private Stream _stream;
    private string? _temporaryPath;
    private bool _hasErrorColumn;
    private bool _ownsStream;

    private ScoredCsv(CsvSource source, OutputPlan plan, Stream stream, string? path, string? temporaryPath)
    {
        _source = source;
        _plan = plan;
        _path = path;
        _temporaryPath = temporaryPath;
        _stream = stream;
        _newLine = Encoding.UTF8.GetBytes(source.NewLine);
        _hasErrorColumn = path is null;
        AppendHeader();
    }

    /// <summary>Writes to a file, under another name until <see cref="FinishAsync"/>; to a device or a pipe as to a stream.</summary>
    public static ScoredCsv ToFile(string path, CsvSource source, OutputPlan plan)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory)
        {
            Directory.CreateDirectory(directory);
        }

        if (OutputFile.OpenStream(path) is { } stream)
        {
            return new ScoredCsv(source, plan, stream, path: null, temporaryPath: null) { _ownsStream = true };
        }

        var temporaryPath = OutputFile.TemporaryPath(path);
        return new ScoredCsv(source, plan, OutputFile.Create(temporaryPath), path, temporaryPath);
    }

    /// <summary>Writes to a stream as rows come, and leaves it open.</summary>
    public static ScoredCsv ToStream(Stream stream, CsvSource source, OutputPlan plan) => new(source, plan, stream, path: null, temporaryPath: null);

    /// <summary>Writes rows with their outputs, or with why they have none.</summary>
    public async ValueTask WriteAsync(Portion portion, OutputRows outputs, CancellationToken cancellationToken)
    {
        if (outputs.FailedRows > 0 && !_hasErrorColumn)
        {
            await AddErrorColumnAsync(cancellationToken);
        }

        for (var row = 0; row < portion.RowCount; row++)
        {
            if (outputs.Error(row) is { } error)
            {
                AppendFailed(portion.RowText(row), error);
                continue;
            }

            _buffer.Write(portion.RowText(row));
            outputs.AppendRow(_buffer, row, _source.Separator);
            if (_hasErrorColumn)
            {
                _buffer.Write([_source.Separator]);
            }

            _buffer.Write(_newLine);
        }

        await WriteOutAsync(cancellationToken);
    }

    /// <summary>Writes rows that have no outputs.</summary>
    public async ValueTask WriteAsync(Portion portion, string error, CancellationToken cancellationToken)
    {
        if (!_hasErrorColumn)
        {
            await AddErrorColumnAsync(cancellationToken);
        }

        for (var row = 0; row < portion.RowCount; row++)
        {
            AppendFailed(portion.RowText(row), error);
        }

        await WriteOutAsync(cancellationToken);
    }

    /// <summary>Writes what is left, and gives the file its name.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        await WriteOutAsync(cancellationToken);
        await _stream.FlushAsync(cancellationToken);
        if (_path is not null && _temporaryPath is { } temporaryPath)
        {
            await _stream.DisposeAsync();
            File.Move(temporaryPath, _path, overwrite: true);
            _temporaryPath = null;
        }
    }

    /// <summary>Leaves nothing of a file that was not finished.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_temporaryPath is not null)
        {
            await _stream.DisposeAsync();
            File.Delete(_temporaryPath);
        }
        else if (_ownsStream)
        {
            await _stream.DisposeAsync();
        }
    }

    private void AppendFailed(ReadOnlySpan<byte> rowText, string error)
    {
        _buffer.Write(rowText);
        for (var i = 0; i <= _plan.Columns.Count; i++)
        {
            _buffer.Write([_source.Separator]);
        }

        CsvText.AppendField(_buffer, error, _source.Separator);
        _buffer.Write(_newLine);
    }

    private void AppendHeader()
    {
        _buffer.Write(_source.HeaderText.Span);
        foreach (var column in _plan.Columns)
        {
            AppendName(column.Header);
        }

        if (_hasErrorColumn)
        {
            AppendName(_plan.ErrorColumn);
        }

        _buffer.Write(_newLine);
    }

    private void AppendName(string name)
    {
        _buffer.Write([_source.Separator]);
        CsvText.AppendField(_buffer, name, _source.Separator);
    }

    private async ValueTask WriteOutAsync(CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(_buffer.WrittenMemory, cancellationToken);
        _buffer.ResetWrittenCount();
    }

    /// <summary>Writes the file anew with the column that the rows so far did not need.</summary>
    private async ValueTask AddErrorColumnAsync(CancellationToken cancellationToken)
    {
        await WriteOutAsync(cancellationToken);
        await _stream.DisposeAsync();
        var narrow = _temporaryPath!;
        _temporaryPath = OutputFile.TemporaryPath(_path!);
        _stream = OutputFile.Create(_temporaryPath);
        _hasErrorColumn = true;
        AppendHeader();
        var options = CsvReaderOptions.Default with { HasHeader = false, Separator = (char)_source.Separator };
        await using (var rows = CsvReader.FromFile(narrow, options, FileOptions.SequentialScan))
        {
            // The header was just written.
            await rows.ReadAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                _buffer.Write(rows.RawRecord);
                _buffer.Write([_source.Separator]);
                _buffer.Write(_newLine);
                if (_buffer.WrittenCount > 32 << 10)
                {
                    await WriteOutAsync(cancellationToken);
                }
            }
        }

        File.Delete(narrow);
    }
}
