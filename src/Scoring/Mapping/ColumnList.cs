using System.Globalization;

namespace Millrace.Scoring.Mapping;

/// <summary>
/// Reads lists of columns, from <c>--columns</c> and from <c>model.json</c>: names, and <c>FIRST..LAST</c> for several. A name that the
/// file has is that column, whatever else it could mean.
/// </summary>
internal static class ColumnList
{
    /// <summary>Begins a column's number, from 1, in place of a name: <c>:3</c>.</summary>
    public const char NumberMark = ':';

    /// <summary>Reads the list of an option: <c>a,"b, c",pixel_0..pixel_63,first..last,:7</c>.</summary>
    /// <param name="list">The list, as it was typed.</param>
    /// <param name="names">The file's columns.</param>
    /// <param name="use">What needs them, for people.</param>
    /// <exception cref="UsageException">A part stands for no column, or for more than one.</exception>
    public static IReadOnlyList<int> Read(string list, ColumnNames names, string use)
    {
        var columns = new List<int>();
        foreach (var part in ListText.Split(list))
        {
            if (part.Last is { } last)
            {
                columns.AddRange(Range($"{Write(part.Text)}{ColumnRange.Mark}{Write(last)}", part.Text, last, names, use, ofThisFile: true));
            }
            else if (part.IsQuoted || names.Has(part.Text))
            {
                columns.Add(names.Find(part.Text, use));
            }
            else
            {
                AddPart(columns, part.Text.Trim(), names, use, ofThisFile: true);
            }
        }

        return columns;
    }

    /// <summary>
    /// Reads what a model declares: an array of names, of which none needs quotes. It holds for every file, so its ranges count and do
    /// not take what happens to stand between two columns.
    /// </summary>
    /// <exception cref="UsageException">A part stands for no column, or for more than one.</exception>
    public static IReadOnlyList<int> ReadDeclared(IReadOnlyList<string> parts, ColumnNames names, string use)
    {
        var columns = new List<int>();
        foreach (var part in parts)
        {
            AddPart(columns, part, names, use, ofThisFile: false);
        }

        return columns;
    }

    /// <summary>Reads one column of an option: its name as it stands in the header, or its number.</summary>
    /// <exception cref="UsageException">There is none, or more than one.</exception>
    public static int ReadOne(string name, ColumnNames names, string use) =>
        !names.Has(name) && Number(name) is { } number ? AtNumber(number, names, use) : names.Find(name, use);

    /// <summary>Whether a name must be in quotes to be read as a name.</summary>
    public static string Write(string name)
    {
        var isPlain = name.Length > 0 && name.Trim() == name && name.AsSpan().IndexOfAny(",=\"") < 0
            && !name.Contains(ColumnRange.Mark, StringComparison.Ordinal) && Number(name) is null;
        return isPlain ? name : ListText.InQuotes(name);
    }

    private static void AddPart(List<int> columns, string part, ColumnNames names, string use, bool ofThisFile)
    {
        if (names.Has(part))
        {
            columns.Add(names.Find(part, use));
        }
        else if (ofThisFile && Number(part) is { } number)
        {
            columns.Add(AtNumber(number, names, use));
        }
        else if (Ends(part, names, ofThisFile) is { Count: > 0 } ends)
        {
            columns.AddRange(ends is [var (first, last)]
                ? Range(part, first, last, names, use, ofThisFile)
                : throw new UsageException(
                    $"'{part}' may be a range from '{ends[0].First}' to '{ends[0].Last}' or from '{ends[1].First}' to '{ends[1].Last}'",
                    $"say which in quotes: {ListText.InQuotes(ends[0].First)}{ColumnRange.Mark}{ListText.InQuotes(ends[0].Last)}"));
        }
        else if (part.Contains(ColumnRange.Mark, StringComparison.Ordinal))
        {
            throw NoRange(part, names);
        }
        else
        {
            columns.Add(names.Find(part, use));
        }
    }

    /// <summary>Where a part can be split into two ends that mean something: a name may have dots of its own.</summary>
    private static List<(string First, string Last)> Ends(string part, ColumnNames names, bool ofThisFile)
    {
        var ends = new List<(string First, string Last)>();
        for (var at = part.IndexOf(ColumnRange.Mark, StringComparison.Ordinal);
             at >= 0;
             at = part.IndexOf(ColumnRange.Mark, at + 1, StringComparison.Ordinal))
        {
            var (first, last) = (part[..at], part[(at + ColumnRange.Mark.Length)..]);
            var means = IsEnd(first, names, ofThisFile) && IsEnd(last, names, ofThisFile);
            if (means || ColumnRange.Read(first, last) is not null)
            {
                ends.Add((first, last));
            }
        }

        return ends;
    }

    private static bool IsEnd(string name, ColumnNames names, bool ofThisFile) => names.Has(name) || (ofThisFile && Number(name) is not null);

    private static List<int> Range(string range, string first, string last, ColumnNames names, string use, bool ofThisFile)
    {
        var areNumbers = ofThisFile && !names.Has(first) && !names.Has(last) && Number(first) is not null && Number(last) is not null;
        if (!areNumbers && ColumnRange.Read(first, last) is { } counting)
        {
            return counting.First <= counting.Last
                // One more than the file has columns is enough to find the first that is not there.
                ? counting.Names().Take(names.Count + 1).Select(name => Counted(name, range, names, use)).ToList()
                : throw new UsageException($"column range '{range}' counts down", "write it from the lower number to the higher one");
        }

        if (!IsEnd(first, names, ofThisFile) || !IsEnd(last, names, ofThisFile))
        {
            throw NoRange(range, names);
        }

        var (left, right) = (ReadOne(first, names, use), ReadOne(last, names, use));
        if (left > right)
        {
            throw new UsageException($"column range '{range}' has no meaning in this file: '{last}' stands before '{first}'", "name the columns one by one");
        }

        var between = Enumerable.Range(left, right - left + 1).ToList();
        if (!ofThisFile)
        {
            throw new UsageException(
                $"'{range}' in model.json is {between.Count} columns that stand in this order in this file, and in another one maybe not",
                $"write them out there: [{string.Join(", ", between.Select(index => $"\"{names[index]}\""))}]; only numbers are counted, as in pixel_0..pixel_63");
        }

        // What has one name in the file twice is taken only where numbers say so.
        return areNumbers ? between : between.Select(index => names.Find(names[index], use)).ToList();
    }

    private static int Counted(string name, string range, ColumnNames names, string use) => names.Has(name)
        ? names.Find(name, use)
        : throw new UsageException(
            $"no column '{name}' in the file, for {use}", $"{names.Near(name)} '{range}' counts, and all of it must be there");

    private static UsageException NoRange(string range, ColumnNames names) => new(
        $"'{range}' is no column of the file and has no meaning as a range",
        $"{names.Near(range)}; a range counts a trailing number up, as in pixel_0..pixel_63 or p_00..p_63, or in --columns goes from one column of the file to a later one");

    private static int? Number(string text) =>
        text.Length > 1 && text[0] == NumberMark && int.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static int AtNumber(int number, ColumnNames names, string use) => number >= 1 && number <= names.Count
        ? number - 1
        : throw new UsageException($"no column {number} in the file, for {use}", $"it has columns {NumberMark}1 to {NumberMark}{names.Count}");
}
