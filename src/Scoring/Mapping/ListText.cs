using System.Text;

namespace Millrace.Scoring.Mapping;

/// <summary>
/// Lists of names as people write them on a command line: separated by commas; a name with a comma, an equals sign or anything else
/// that means something here stands in double quotes, and a double quote within them is doubled, as in a CSV.
/// </summary>
internal static class ListText
{
    private const char Quote = '"';

    /// <summary>Takes a list apart.</summary>
    /// <exception cref="UsageException">It is empty, has nothing between two commas, or a quote is never closed.</exception>
    public static IReadOnlyList<ListPart> Split(string list)
    {
        var parts = new List<ListPart>();
        var at = 0;
        do
        {
            parts.Add(ReadPart(list, ref at));
        }
        while (at++ < list.Length);

        return parts;
    }

    /// <summary>Whether a text begins a quoted name.</summary>
    public static bool StartsQuoted(string list) => list.TrimStart().StartsWith(Quote);

    /// <summary>A name in quotes.</summary>
    public static string InQuotes(string name) => $"{Quote}{name.Replace("\"", "\"\"", StringComparison.Ordinal)}{Quote}";

    /// <summary>Reads up to the comma, or the end.</summary>
    private static ListPart ReadPart(string list, ref int at)
    {
        if (TryReadQuoted(list, ref at, out var first))
        {
            return TryReadMark(list, ref at) ? new ListPart(first, IsQuoted: true, ReadLast(list, ref at)) : End(new ListPart(first, IsQuoted: true), list, at);
        }

        var start = at;
        for (; at < list.Length && list[at] != ','; at++)
        {
            var next = at;
            if (TryReadMark(list, ref next) && TryReadQuoted(list, ref next, out var last))
            {
                var range = new ListPart(list[start..at].Trim(), IsQuoted: false, last);
                at = next;
                return End(range, list, at);
            }
        }

        var text = list[start..at];
        return string.IsNullOrWhiteSpace(text)
            ? throw new UsageException(
                list.Trim().Length == 0 ? "the list of names is empty" : $"the list '{list}' has a comma with no name before or behind it",
                "a column that has no name is written \"\"")
            : new ListPart(text, IsQuoted: false);
    }

    private static string ReadLast(string list, ref int at)
    {
        if (TryReadQuoted(list, ref at, out var last))
        {
            return End(last, list, at);
        }

        var start = at;
        while (at < list.Length && list[at] != ',')
        {
            at++;
        }

        return list[start..at].Trim();
    }

    private static bool TryReadMark(string list, ref int at)
    {
        if (!list.AsSpan(at).StartsWith(ColumnRange.Mark, StringComparison.Ordinal))
        {
            return false;
        }

        at += ColumnRange.Mark.Length;
        return true;
    }

    /// <summary>Reads a quoted name and the blanks around it.</summary>
    private static bool TryReadQuoted(string list, ref int at, out string name)
    {
        name = "";
        var start = SkipBlanks(list, at);
        if (start >= list.Length || list[start] != Quote)
        {
            return false;
        }

        var text = new StringBuilder();
        for (var i = start + 1; i < list.Length; i++)
        {
            if (list[i] != Quote)
            {
                text.Append(list[i]);
            }
            else if (i + 1 < list.Length && list[i + 1] == Quote)
            {
                text.Append(list[i++]);
            }
            else
            {
                name = text.ToString();
                at = SkipBlanks(list, i + 1);
                return true;
            }
        }

        throw new UsageException($"the list '{list}' has a quote that is never closed", "a quote that is part of a name is written \"\" within quotes");
    }

    private static T End<T>(T read, string list, int at) => at >= list.Length || list[at] == ','
        ? read
        : throw new UsageException(
            $"the list '{list}' goes on behind a closing quote with '{list[at..]}'", "expected a comma, or the .. of a range; a quote within a name is doubled");

    private static int SkipBlanks(string list, int at)
    {
        while (at < list.Length && char.IsWhiteSpace(list[at]))
        {
            at++;
        }

        return at;
    }
}
