namespace Millrace.Contracts;

/// <summary>Finds what a mistyped name may have meant.</summary>
internal static class NearNames
{
    private const int MostNames = 5;

    /// <summary>
    /// The names closest to <paramref name="name"/>, nearest first: <c>did you mean 'a' or 'b'?</c>; where none is close, the first
    /// names there are.
    /// </summary>
    public static string Suggest(string name, IReadOnlyCollection<string> names) => Near(name, names) is { } near
        ? DidYouMean(near)
        : $"there {(names.Count == 1 ? "is" : "are")} {List(names)}";

    /// <summary>That there is none of that name: <c>there is no such key; did you mean 'a' or 'b'?</c>; where none is close, <c>there is no such key.</c></summary>
    /// <param name="what">What the names are of.</param>
    /// <param name="name">The name that was given.</param>
    /// <param name="names">The names that there are.</param>
    public static string NoSuch(string what, string name, IReadOnlyCollection<string> names) =>
        $"there is no such {what}{(Near(name, names) is { } near ? $"; {DidYouMean(near)}" : ".")}";

    /// <summary>Asks whether it was these.</summary>
    /// <param name="names">Names in quotes: <c>'a' or 'b'</c>.</param>
    public static string DidYouMean(string names) => $"did you mean {names}?";

    /// <summary>The names, a few of them where they are many.</summary>
    public static string List(IReadOnlyCollection<string> names) => names.Count switch
    {
        0 => "none",
        <= MostNames + 1 => string.Join(", ", names.Select(name => $"'{name}'")),
        _ => $"{string.Join(", ", names.Take(MostNames).Select(name => $"'{name}'"))} and {names.Count - MostNames} more",
    };

    /// <summary>The names closest to <paramref name="name"/>, nearest first: <c>'a' or 'b'</c>; null where none is close.</summary>
    private static string? Near(string name, IReadOnlyCollection<string> names)
    {
        var near = names
            .Select(candidate => (Name: candidate, Distance: Distance(name, candidate)))
            .Where(candidate => candidate.Distance <= Math.Max(2, name.Length / 3))
            .OrderBy(candidate => candidate.Distance)
            .Take(3)
            .Select(candidate => $"'{candidate.Name}'")
            .ToList();
        return near.Count > 0 ? string.Join(" or ", near) : null;
    }

    /// <summary>Levenshtein distance without regard to letter case.</summary>
    private static int Distance(string left, string right)
    {
        var above = new int[right.Length + 1];
        var row = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            above[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]);
                row[j] = Math.Min(Math.Min(above[j], row[j - 1]) + 1, above[j - 1] + (same ? 0 : 1));
            }

            (above, row) = (row, above);
        }

        return above[right.Length];
    }
}
