namespace Millrace.Bench.Tests;

/// <summary>A clock that a test sets: one tick is 100 ns.</summary>
internal sealed class FixedTime : TimeProvider
{
    public TimeSpan Elapsed { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Elapsed;
}
