namespace Millrace.Bench.Load;

/// <summary>Percentiles of latencies by nearest rank: each is a latency that was seen, none is made up between two.</summary>
internal sealed class Percentiles
{
    private readonly double[] _sorted;

    /// <param name="seconds">The latencies, in any order; at least one.</param>
    public Percentiles(IEnumerable<double> seconds)
    {
        _sorted = [.. seconds.Order()];
        ArgumentOutOfRangeException.ThrowIfZero(_sorted.Length, nameof(seconds));
    }

    /// <summary>The least latency, in milliseconds, that so many of a hundred do not exceed.</summary>
    /// <param name="percent">Above 0, up to 100.</param>
    public double Milliseconds(double percent)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(percent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        // In units that are whole for the percentiles that are asked for: 0.999 * 1000 is not 999 in floating point.
        var rank = (long)Math.Ceiling(Math.Round(percent * 1000) * _sorted.Length / 100_000);
        return _sorted[rank - 1] * 1e3;
    }
}
