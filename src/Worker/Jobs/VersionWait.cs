namespace Millrace.Worker.Jobs;

/// <summary>How long a job has waited for a worker with its model version, and what its row says where none comes.</summary>
/// <param name="Waited">The waits so far, this one included. Not a point in time: the clocks of two workers need not agree.</param>
/// <param name="Error">Why this worker cannot run it.</param>
internal sealed record VersionWait(TimeSpan Waited, string Error)
{
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(5);

    // Where a version is being rolled out, half the workers have it, and these tries find one. After them, each costs the broker a publish.
    private static readonly TimeSpan s_hopeful = TimeSpan.FromSeconds(20);

    /// <summary>The delays that there must be queues for.</summary>
    public static IReadOnlyList<TimeSpan> Delays { get; } = [s_short, s_long];

    /// <summary>How long a job waits that has waited so long.</summary>
    public static TimeSpan DelayAfter(TimeSpan waited) => waited < s_hopeful ? s_short : s_long;
}
