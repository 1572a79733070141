namespace Millrace.Bench.Reporting;

/// <summary>The middle and the ends of what the rounds gave.</summary>
internal sealed record Spread
{
    /// <param name="rounds">At least one.</param>
    public Spread(IEnumerable<double> rounds)
    {
        double[] sorted = [.. rounds.Order()];
        ArgumentOutOfRangeException.ThrowIfZero(sorted.Length, nameof(rounds));
        var middle = sorted.Length / 2;
        Median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        Lowest = sorted[0];
        Highest = sorted[^1];
    }

    /// <summary>The middle one; of an even number the mean of the two in the middle.</summary>
    public double Median { get; }

    public double Lowest { get; }

    public double Highest { get; }
}
