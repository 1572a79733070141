namespace Millrace.Scoring.Sinks;

/// <summary>Rows of the file that follow one another: those of one job, or one row that cannot be a job's.</summary>
internal sealed record Portion
{
    /// <summary>Number of the first row, from 0.</summary>
    public required long FirstRow { get; init; }

    /// <summary>The rows' text as it stands in the file, without line breaks, one after the other.</summary>
    public required ReadOnlyMemory<byte> Text { get; init; }

    /// <summary>Where each row's text ends.</summary>
    public required IReadOnlyList<int> TextEnds { get; init; }

    /// <summary>Line of the file, from 1, where each row begins.</summary>
    public required IReadOnlyList<long> Lines { get; init; }

    /// <summary>The label column's cells; empty without one.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Why the row was not sent.</summary>
    public string? Error { get; init; }

    /// <summary>The replies to come, in the rows' order; null where none was asked for.</summary>
    public Task<IReadOnlyList<RowsReply>>? Replies { get; init; }

    /// <summary>How many rows there are.</summary>
    public int RowCount => TextEnds.Count;

    /// <summary>Some of the rows, that follow one another.</summary>
    public Portion Part(int first, int count)
    {
        if (first == 0 && count == RowCount)
        {
            return this;
        }

        var start = first == 0 ? 0 : TextEnds[first - 1];
        return new Portion
        {
            FirstRow = FirstRow + first,
            Text = Text[start..TextEnds[first + count - 1]],
            TextEnds = [.. TextEnds.Skip(first).Take(count).Select(end => end - start)],
            Lines = [.. Lines.Skip(first).Take(count)],
            Labels = [.. Labels.Skip(first).Take(count)],
        };
    }

    /// <summary>A row's text.</summary>
    public ReadOnlySpan<byte> RowText(int row) => Text.Span[(row == 0 ? 0 : TextEnds[row - 1])..TextEnds[row]];
}
