using Millrace.Worker.Intake;

namespace Millrace.Worker.Batching;

/// <summary>What one run of a session gets.</summary>
/// <param name="Key">What its jobs share.</param>
/// <param name="Slices">In the order of their rows.</param>
internal sealed record Batch(BatchKey Key, IReadOnlyList<BatchSlice> Slices)
{
    public int Rows { get; } = CountRows(Slices);

    /// <summary>Whether its jobs may have ended a worker (<see cref="PendingJob.GroupLimit"/>).</summary>
    public bool IsSuspect => Slices[0].Job.GroupLimit > 0;

    private static int CountRows(IReadOnlyList<BatchSlice> slices)
    {
        var rows = 0;
        for (var i = 0; i < slices.Count; i++)
        {
            rows += slices[i].Rows;
        }

        return rows;
    }
}
