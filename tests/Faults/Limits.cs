namespace Millrace.Faults;

/// <summary>How soon work goes on after a fault. Held in the full form; the short one shares its machine with builds, and only says it.</summary>
internal static class Limits
{
    /// <summary>After a worker's end, whichever it was.</summary>
    public static TimeSpan Worker { get; } = TimeSpan.FromSeconds(10);

    /// <summary>After the broker's return.</summary>
    public static TimeSpan Broker { get; } = TimeSpan.FromSeconds(15);

    /// <summary>After the database's return.</summary>
    public static TimeSpan Database { get; } = TimeSpan.FromSeconds(5);

    /// <summary>After the end of an alarm, and after the broker has closed a channel.</summary>
    public static TimeSpan Alarm { get; } = TimeSpan.FromSeconds(5);

    /// <summary>After a stall: two heartbeats until it is noticed, and the time that connecting takes.</summary>
    public static TimeSpan Stall(TimeSpan heartbeat) => 2 * heartbeat + TimeSpan.FromSeconds(2);

    /// <summary>Of the rate before, some seconds after the database's return.</summary>
    public const double Rate = 0.8;

    /// <summary>Of the rows in a batch before, after the clock was set: they vary, but batches of one job would be seen.</summary>
    public const double Batch = 0.5;

    /// <summary>Of the rate with a short queue, with a long one.</summary>
    public const double BacklogRate = 0.95;

    /// <summary>That memory may grow by, as a share of what it was.</summary>
    public const double Growth = 0.1;
}
