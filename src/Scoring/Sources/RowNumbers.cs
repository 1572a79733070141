using System.Buffers.Text;

namespace Millrace.Scoring.Sources;

/// <summary>Sees a column of row numbers that the header has no name for: with one other column nothing in the header shows what separates the two.</summary>
internal static class RowNumbers
{
    private const int MostRows = 20;

    private static ReadOnlySpan<byte> Separators => ",;\t| "u8;

    /// <summary>What stands behind the row's number, from 1, at the start of each of the first rows.</summary>
    /// <param name="text">The start of the file, with the header; it may end within a row.</param>
    /// <returns>Null where a row begins in another way, or there are fewer than two.</returns>
    public static byte? SeparatorBehind(ReadOnlySpan<byte> text)
    {
        byte? found = null;
        var rows = 0;
        for (var end = text.IndexOf((byte)'\n'); end >= 0 && rows < MostRows; end = text.IndexOf((byte)'\n'))
        {
            text = text[(end + 1)..];
            if (text.IndexOf((byte)'\n') < 0)
            {
                break;
            }

            rows++;
            if (Behind(text, rows) is not { } separator || (found is { } before && before != separator))
            {
                return null;
            }

            found = separator;
        }

        return rows > 1 ? found : null;
    }

    private static byte? Behind(ReadOnlySpan<byte> row, int number)
    {
        var isQuoted = row is [(byte)'"', ..];
        row = isQuoted ? row[1..] : row;
        if (!Utf8Parser.TryParse(row, out int value, out var length) || value != number)
        {
            return null;
        }

        row = row[length..];
        row = isQuoted && row is [(byte)'"', ..] ? row[1..] : row;
        return row is [var behind, not ((byte)'\r' or (byte)'\n'), ..] && Separators.Contains(behind) ? behind : null;
    }
}
