namespace Millrace.Bench.Load;

/// <summary>What a closed loop measured.</summary>
/// <param name="Jobs">Published and replied to.</param>
/// <param name="Seconds">From the first publish to the last reply.</param>
/// <param name="NotSucceeded">Replies with another status.</param>
/// <param name="P50Milliseconds">Publish to reply, median, under that load.</param>
/// <param name="P99Milliseconds">The same, 99th percentile.</param>
internal sealed record LoadResult(int Jobs, double Seconds, int NotSucceeded, double P50Milliseconds, double P99Milliseconds)
{
    public double JobsPerSecond => Jobs / Seconds;
}
