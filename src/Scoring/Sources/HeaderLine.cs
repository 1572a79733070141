namespace Millrace.Scoring.Sources;

/// <summary>What a file's first line shows of how the file is written.</summary>
/// <param name="Bytes">Length of the line, without its line end; -1 where it has not ended in what was looked at.</param>
/// <param name="Candidates">The separators that stand in it outside quotes.</param>
internal sealed record HeaderLine(int Bytes, IReadOnlyList<byte> Candidates)
{
    private static ReadOnlySpan<byte> Separators => ",;\t|"u8;

    /// <summary>Looks at it.</summary>
    /// <param name="text">The file from this line on.</param>
    /// <param name="hasQuotes">Whether quotes hold fields together.</param>
    public static HeaderLine Of(ReadOnlySpan<byte> text, bool hasQuotes)
    {
        var found = new List<byte>();
        var isQuoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var current = text[i];
            if (current == '"' && hasQuotes)
            {
                // A quote opens a field at its start alone; each further one closes it, or with the next opens it again.
                isQuoted = isQuoted ? false : i == 0 || text[i - 1] == '"' || Separators.Contains(text[i - 1]);
            }
            else if (!isQuoted && (current is (byte)'\r' or (byte)'\n'))
            {
                return new HeaderLine(i, found);
            }
            else if (!isQuoted && Separators.Contains(current) && !found.Contains(current))
            {
                found.Add(current);
            }
        }

        return new HeaderLine(-1, found);
    }
}
