namespace Millrace.Worker.Batching;

/// <summary>
/// How many jobs a worker holds of a lane: seconds of work, not a number of deliveries, so that those that join find some of a slow
/// model's backlog, and still as many as keep a fast model's sessions busy. Pure.
/// </summary>
internal static class WorkWindow
{
    /// <summary>Held before anything is known of the model, and per session at least one: a handful.</summary>
    public const int Start = 4;

    // The batch that runs and the one that forms meanwhile.
    private const int BatchesPerSession = 2;

    // Covers what a job waits for besides its run: the commit, the reply, the ack and the way to the broker and back.
    private const double Seconds = 1;

    // Full batches of a slow model are not worth more than this to others that wait, counted by what its rows add to a run: a run that costs
    // the same for one row as for many is shared best by many.
    private const double LongestSeconds = 2.5;

    private const int Growth = 4;

    /// <summary>What to hold.</summary>
    /// <param name="rate">The lane's rate.</param>
    /// <param name="sessions">Of the model.</param>
    /// <param name="maxBatchSize">Rows of a full batch.</param>
    /// <param name="maxBytes">The most that the bodies may have together, unless it is one job for each session.</param>
    /// <returns>Jobs; at least one for each session.</returns>
    public static int Target(WorkRate rate, int sessions, int maxBatchSize, long maxBytes)
    {
        var perSecond = rate.RowsPerSecond * sessions;
        var rows = Math.Max((double)BatchesPerSession * maxBatchSize * sessions, perSecond * Seconds);
        var jobs = Math.Min(Math.Min(rows, sessions * LongestSeconds / rate.AddedRowSeconds) / rate.RowsPerJob, maxBytes / Math.Max(1, rate.BytesPerJob));
        return (int)Math.Clamp(Math.Ceiling(jobs), sessions, ushort.MaxValue);
    }

    /// <summary>The next step towards what is to be held: up quickly, down only where it is less than half, and nothing for a little.</summary>
    /// <returns>Jobs; <paramref name="size"/> to leave it as it is.</returns>
    public static int Step(int size, int target) =>
        target > size * 1.25 ? Math.Min(target, size * Growth)
        : target <= size / 2 ? target
        : size;
}
