namespace Millrace.Scoring.Mapping;

/// <summary>Writes columns as <c>--columns</c> reads them, those that follow one another as a range.</summary>
internal static class ColumnText
{
    /// <summary>Names and places, for people and for the record: <c>a, c..f (columns 1, 3 to 6)</c>.</summary>
    public static string Describe(IReadOnlyList<int> columns, ColumnNames names)
    {
        if (columns.Count == 0)
        {
            return "nothing";
        }

        var runs = Runs(columns, names);
        var text = string.Join(", ", runs.Select(run => Ends(run, index => Printable(ColumnList.Write(names[index])), ColumnRange.Mark, ", ")));
        var places = string.Join(", ", runs.Select(run => Ends(run, index => $"{index + 1}", " to ", ", ")));
        return $"{text} ({(columns.Count == 1 ? "column" : "columns")} {places})";
    }

    /// <summary>A list that <c>--columns</c> reads as these columns of this file, whatever they are called.</summary>
    public static string ToOption(IReadOnlyList<int> columns, ColumnNames names) =>
        columns.Count > 2 && Counts(columns, names) == true && columns.All(index => names.HasOne(names[index]))
            ? ColumnList.Write(names[columns[0]]) + ColumnRange.Mark + ColumnList.Write(names[columns[^1]])
            : string.Join(',', Runs(columns, names).Select(run => ToOption(run, names)));

    /// <summary>
    /// An argument in the shell's quotes, where it needs them: what is printed for a person to paste must reach the program as it is.
    /// </summary>
    public static string InShell(string argument) => argument.All(character => char.IsAsciiLetterOrDigit(character) || "_-.,:/=+%".Contains(character, StringComparison.Ordinal))
        ? argument
        : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>Whether the names count from the first to the last; null where the ends are no two numbers of one name.</summary>
    public static bool? Counts(IReadOnlyList<int> columns, ColumnNames names) =>
        ColumnRange.Read(names[columns[0]], names[columns[^1]]) is not { } range ? null
        : range.Last - range.First == columns.Count - 1 && range.Names().SequenceEqual(columns.Select(index => names[index]));

    private static string ToOption((int First, int Last) run, ColumnNames names)
    {
        // A range by names reads each of them.
        var byName = Enumerable.Range(run.First, run.Last - run.First + 1).All(index => names.HasOne(names[index]) && Printable(names[index]) == names[index]);
        return Ends(run, index => byName ? ColumnList.Write(names[index]) : $"{ColumnList.NumberMark}{index + 1}", ColumnRange.Mark, ",");
    }

    /// <summary>One column, two, or the ends of more.</summary>
    private static string Ends((int First, int Last) run, Func<int, string> write, string to, string and) => (run.Last - run.First) switch
    {
        0 => write(run.First),
        1 => $"{write(run.First)}{and}{write(run.Last)}",
        _ => $"{write(run.First)}{to}{write(run.Last)}",
    };

    /// <summary>
    /// Columns that follow one another in the file, put together; but for those whose ends would be read as a count of other columns: <c>x1..x9</c> of
    /// x1, x10, x2, ….
    /// </summary>
    private static IEnumerable<(int First, int Last)> Runs(IReadOnlyList<int> columns, ColumnNames names) => Runs(columns)
        .SelectMany(run => Enumerable.Range(run.First, run.Last - run.First + 1).ToList() is { Count: > 2 } all && Counts(all, names) == false
            ? all.Select(index => (index, index))
            : [run]);

    private static List<(int First, int Last)> Runs(IReadOnlyList<int> columns)
    {
        var runs = new List<(int First, int Last)>();
        foreach (var column in columns)
        {
            if (runs is [.., var (first, last)] && column == last + 1)
            {
                runs[^1] = (first, column);
            }
            else
            {
                runs.Add((column, column));
            }
        }

        return runs;
    }

    /// <summary>What a file brings must not move a terminal's cursor, and what cannot be seen is shown to be there.</summary>
    private static string Printable(string name) => name.Any(ColumnNames.IsHidden)
        ? string.Concat(name.Select(character => ColumnNames.IsHidden(character) ? '\uFFFD' : character))
        : name;
}
