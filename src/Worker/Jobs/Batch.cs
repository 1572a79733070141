namespace Millrace.Worker.Jobs;

/// <summary>What one run of a session gets.</summary>
/// <param name="Key">What its jobs share.</param>
/// <param name="Slices">In the order of their rows.</param>
internal sealed record Batch(BatchKey Key, IReadOnlyList<BatchSlice> Slices)
{
    public int Rows { get; } = CountRows(Slices);

    /// <summary>Whether its jobs may have ended a worker (<see cref="PendingJob.GroupLimit"/>).</summary>
    public bool IsSuspect => Slices[0].Job.GroupLimit > 0;

    /// <summary>The same rows in batches of at most so many; a job may go on in the next one.</summary>
    public IReadOnlyList<Batch> Split(int rows)
    {
        var parts = new List<Batch>();
        var part = new List<BatchSlice>();
        var room = rows;
        foreach (var slice in Slices)
        {
            for (var taken = 0; taken < slice.Rows;)
            {
                var take = Math.Min(room, slice.Rows - taken);
                part.Add(new BatchSlice(slice.Job, slice.FirstRow + taken, take));
                taken += take;
                room -= take;
                if (room == 0)
                {
                    parts.Add(new Batch(Key, part));
                    part = [];
                    room = rows;
                }
            }
        }

        if (part.Count > 0)
        {
            parts.Add(new Batch(Key, part));
        }

        return parts;
    }

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

/// <summary>The rows of one job that run in one batch.</summary>
/// <param name="Job">The job.</param>
/// <param name="FirstRow">The first of them in the job.</param>
/// <param name="Rows">How many.</param>
internal readonly record struct BatchSlice(RunnableJob Job, int FirstRow, int Rows);
