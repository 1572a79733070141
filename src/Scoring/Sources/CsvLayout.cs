using System.Globalization;
using System.Text;
using Millrace.Scoring.Cells;

namespace Millrace.Scoring.Sources;

/// <summary>What a file's first lines settle: where its rows or names begin and what separates their fields.</summary>
/// <param name="Start">Offset of the first line that is a row or has the names.</param>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Separator">What stands between fields; null in a file of one column.</param>
/// <param name="NewLine">The line's end: CR LF or LF.</param>
internal sealed record CsvLayout(long Start, long Line, byte? Separator, string NewLine)
{
    /// <summary>Reads as far ahead as the first line goes, and leaves the text at its start.</summary>
    /// <exception cref="UsageException">The file is empty, or what separates its fields would be a guess.</exception>
    public static async Task<CsvLayout> ReadAsync(
        string name, ReplayStream text, CsvDialect dialect, int mostBytes, CancellationToken cancellationToken)
    {
        byte? hinted = null;
        var line = 1L;
        while (true)
        {
            var header = HeaderLine.Of(text.Ahead.Span, dialect.HasQuotes);
            while (!HasEnded(header, text.Ahead.Span) && text.Ahead.Length <= mostBytes && await text.ReadAheadAsync(cancellationToken))
            {
                header = HeaderLine.Of(text.Ahead.Span, dialect.HasQuotes);
            }

            if (text.Ahead.Length == 0)
            {
                throw new UsageException($"{name} is empty", "expected CSV: a line of column names, then one line a row");
            }

            var bytes = header.Bytes < 0 ? text.Ahead.Length : header.Bytes;
            var lineEnd = LineEndBytes(text.Ahead.Span[bytes..]);
            // Empty lines before the names are no rows. Without names they may be.
            var isPassed = bytes == 0 && dialect.HasHeader != false;
            if (hinted is null && SeparatorHint(text.Ahead.Span[..bytes]) is { } hint)
            {
                hinted = hint;
                isPassed = true;
            }

            if (!isPassed)
            {
                var separator = dialect.Separator ?? hinted
                    ?? Choose(name, line, bytes > 0 ? header.Candidates : await CandidatesBehindAsync(text, dialect, mostBytes, cancellationToken));
                return new CsvLayout(text.Offset, line, separator, lineEnd == 2 ? "\r\n" : "\n");
            }

            text.GoTo(text.Offset + bytes + lineEnd);
            line++;
        }
    }

    /// <summary>Length of the line end that a text begins with.</summary>
    public static int LineEndBytes(ReadOnlySpan<byte> text) => text.StartsWith("\r\n"u8) ? 2 : text.IsEmpty ? 0 : 1;

    /// <summary>A separator as people say it.</summary>
    public static string Say(byte separator) => separator switch
    {
        (byte)'\t' => "tab",
        (byte)' ' => "space",
        _ => $"'{(char)separator}'",
    };

    /// <summary>What the first line shows that is not empty.</summary>
    private static async Task<IReadOnlyList<byte>> CandidatesBehindAsync(
        ReplayStream text, CsvDialect dialect, int mostBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var start = text.Ahead.Span.IndexOfAnyExcept((byte)'\r', (byte)'\n');
            var line = start < 0 ? null : HeaderLine.Of(text.Ahead.Span[start..], dialect.HasQuotes);
            if (line is { Bytes: >= 0 } || text.Ahead.Length > mostBytes || !await text.ReadAheadAsync(cancellationToken))
            {
                return line?.Candidates ?? [];
            }
        }
    }

    /// <summary>Whether a line is there with its line end; of CR LF half may have come.</summary>
    private static bool HasEnded(HeaderLine line, ReadOnlySpan<byte> text) =>
        line.Bytes >= 0 && (text[line.Bytes] == '\n' || line.Bytes + 1 < text.Length);

    private static byte? Choose(string name, long line, IReadOnlyList<byte> candidates) => candidates switch
    {
        [] => null,
        [var only] => only,
        // Nobody has a tab in a name.
        _ when candidates.Contains((byte)'\t') => (byte)'\t',
        _ => throw new UsageException(
            $"{name}, line {line.ToString(CultureInfo.InvariantCulture)}: {string.Join(" and ", candidates.Select(Say))} both stand between the names",
            "say which one separates them: --separator CHARACTER"),
    };

    /// <summary>The first line that Excel takes for a hint: <c>sep=;</c>, which others write in quotes.</summary>
    private static byte? SeparatorHint(ReadOnlySpan<byte> line)
    {
        line = line is [(byte)'"', _, .., (byte)'"'] ? line[1..^1] : line;
        return line.Length == 5 && Ascii.EqualsIgnoreCase(line[..4], "sep="u8) ? line[4] : null;
    }
}
