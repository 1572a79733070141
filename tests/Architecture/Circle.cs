namespace Millrace.Architecture;

/// <summary>Finds a circle among arrows.</summary>
internal static class Circle
{
    /// <summary>One circle, as <c>a -> b -> a</c>; null where there is none.</summary>
    /// <param name="arrows">What each knows.</param>
    public static string? In(IReadOnlyDictionary<string, IReadOnlyCollection<string>> arrows)
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        return arrows.Keys.Order(StringComparer.Ordinal).Select(start => From(start, [], arrows, done)).FirstOrDefault(circle => circle is not null);
    }

    private static string? From(
        string place, List<string> way, IReadOnlyDictionary<string, IReadOnlyCollection<string>> arrows, HashSet<string> done)
    {
        if (way.IndexOf(place) is >= 0 and var first)
        {
            return string.Join(" -> ", way.Skip(first).Append(place));
        }

        if (done.Contains(place) || !arrows.TryGetValue(place, out var known))
        {
            return null;
        }

        way.Add(place);
        var circle = known.Order(StringComparer.Ordinal).Select(next => From(next, way, arrows, done)).FirstOrDefault(found => found is not null);
        way.RemoveAt(way.Count - 1);
        done.Add(place);
        return circle;
    }
}
