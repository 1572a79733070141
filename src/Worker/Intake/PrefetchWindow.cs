using Millrace.Contracts;
using Millrace.Worker.Batching;

namespace Millrace.Worker.Intake;

/// <summary>The prefetch of one queue: follows the model's speed, up to the prefetch that is set. For one thread at a time.</summary>
internal sealed class PrefetchWindow(WorkPace pace, Lane lane, int sessions, Func<int> maxBatchSize, int limit, long maxBytes, TimeProvider time)
{
    // What a new size does is measured before it is made smaller.
    private static readonly TimeSpan s_settleTime = TimeSpan.FromSeconds(1);

    private long _changed = time.GetTimestamp();

    /// <summary>A window that stays as it is, for a queue whose deliveries run on no session.</summary>
    public static PrefetchWindow Fixed(int size, TimeProvider time) =>
        new(new WorkPace(), Lane.Bulk, sessions: size, () => 1, size, long.MaxValue, time);

    /// <summary>The most that it ever is.</summary>
    public int Limit => limit;

    /// <summary>Deliveries, from 1.</summary>
    public int Size { get; private set; } = Math.Min(limit, Math.Max(WorkWindow.Start, sessions));

    /// <summary>Looks at the model's speed. To be called while the broker has filled the window; one that is not full shows no need.</summary>
    /// <returns>Whether the size is another one now.</returns>
    public bool Update()
    {
        if (pace.RateOf(lane) is not { } rate)
        {
            return false;
        }

        var next = WorkWindow.Step(Size, Math.Min(limit, WorkWindow.Target(rate, sessions, maxBatchSize(), maxBytes)));
        if (next == Size || (next < Size && time.GetElapsedTime(_changed) < s_settleTime))
        {
            return false;
        }

        (Size, _changed) = (next, time.GetTimestamp());
        return true;
    }
}
