using System.Globalization;

namespace Millrace.Producer.Scoring;

/// <summary>Reads a list of columns as people write it: <c>a,b,pixel_0..pixel_63</c>.</summary>
internal static class ColumnList
{
    private const string RangeMark = "..";

    /// <summary>
    /// Writes ranges out. The ends of a range either differ in their trailing number only, and the range counts it up; or they are
    /// two columns of the file, and the range is what stands between them.
    /// </summary>
    /// <exception cref="UsageException">A range has no meaning.</exception>
    public static IReadOnlyList<string> Expand(string list, IReadOnlyList<string> header)
    {
        var columns = new List<string>();
        foreach (var part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var mark = part.IndexOf(RangeMark, StringComparison.Ordinal);
            if (mark < 0)
            {
                columns.Add(part);
            }
            else
            {
                columns.AddRange(Range(part, part[..mark], part[(mark + RangeMark.Length)..], header));
            }
        }

        return columns;
    }

    private static IEnumerable<string> Range(string range, string first, string last, IReadOnlyList<string> header)
    {
        var (prefix, from) = SplitNumber(first);
        var (lastPrefix, to) = SplitNumber(last);
        if (from is { } start && to is { } end && prefix == lastPrefix)
        {
            return start <= end
                ? Enumerable.Range(start, (int)Math.Min((long)end - start, header.Count) + 1).Select(number => prefix + number.ToString(CultureInfo.InvariantCulture))
                : throw new UsageException($"column range '{range}' counts down", $"write it as {last}..{first}");
        }

        var (left, right) = (IndexOf(header, first), IndexOf(header, last));
        return left >= 0 && right >= left
            ? header.Skip(left).Take(right - left + 1)
            : throw new UsageException(
                $"column range '{range}' has no meaning in this file",
                "a range goes from one column of the file to a later one, or counts a trailing number up, as in pixel_0..pixel_63");
    }

    private static (string Prefix, int? Number) SplitNumber(string name)
    {
        var digits = name.Length;
        while (digits > 0 && char.IsAsciiDigit(name[digits - 1]))
        {
            digits--;
        }

        // 007 would not count up to names like itself.
        var isPlain = digits < name.Length && (name[digits] != '0' || digits == name.Length - 1);
        return isPlain && int.TryParse(name.AsSpan(digits), CultureInfo.InvariantCulture, out var number)
            ? (name[..digits], number)
            : (name, null);
    }

    private static int IndexOf(IReadOnlyList<string> header, string name)
    {
        for (var i = 0; i < header.Count; i++)
        {
            if (header[i] == name)
            {
                return i;
            }
        }

        return -1;
    }
}
