namespace Millrace.Bench.Load;

/// <summary>
/// When each job of an open loop is to be sent, whatever became of those before it. Latencies count from these times and not from when
/// the client got round to sending: a stall delays all that fall into it, and a client that waits would leave those out
/// (coordinated omission).
/// </summary>
/// <param name="jobsPerSecond">The rate.</param>
/// <param name="length">How long.</param>
internal sealed class OpenLoopSchedule(double jobsPerSecond, TimeSpan length)
{
    public int Jobs { get; } = Math.Max(1, (int)(jobsPerSecond * length.TotalSeconds));

    /// <summary>When a job is to be sent, from the schedule's start.</summary>
    public TimeSpan DueAt(int job) => TimeSpan.FromSeconds(job / jobsPerSecond);

    /// <summary>How many jobs are to be sent by then.</summary>
    public int DueBy(TimeSpan elapsed) => elapsed < TimeSpan.Zero ? 0 : (int)Math.Min(Jobs, Math.Floor(elapsed.TotalSeconds * jobsPerSecond) + 1);
}
