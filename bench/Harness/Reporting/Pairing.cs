namespace Millrace.Bench.Reporting;

/// <summary>
/// Compares two contenders round by round: what both had in the same round, minutes apart, suffered from the same machine. The median of
/// the pairs is robust against a machine that drifts, which the ratio of two medians is not.
/// </summary>
internal static class Pairing
{
    /// <summary>The one divided by the other, in each round that has both.</summary>
    public static IReadOnlyDictionary<int, double> Ratios(IReadOnlyDictionary<int, double> of, IReadOnlyDictionary<int, double> to) =>
        Pair(of, to, (first, second) => first / second);

    /// <summary>The one less the other, in each round that has both.</summary>
    public static IReadOnlyDictionary<int, double> Differences(IReadOnlyDictionary<int, double> of, IReadOnlyDictionary<int, double> to) =>
        Pair(of, to, (first, second) => first - second);

    private static SortedDictionary<int, double> Pair(
        IReadOnlyDictionary<int, double> of, IReadOnlyDictionary<int, double> to, Func<double, double, double> compare)
    {
        var pairs = new SortedDictionary<int, double>();
        foreach (var (round, value) in of)
        {
            if (to.TryGetValue(round, out var other))
            {
                pairs.Add(round, compare(value, other));
            }
        }

        return pairs;
    }
}
