using Millrace.Contracts;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Batching;

/// <summary>
/// The jobs that wait in one <see cref="Batcher"/>: a line for each key, whose turn it is, and what of a line makes a batch. For one
/// thread at a time.
/// </summary>
internal sealed class JobLines(TimeProvider time)
{
    // Bulk jobs take what the interactive lane leaves free. Where that has left nothing for so long, one batch in so many is theirs: an
    // eighth of the device for work that would else wait until the broker takes it for lost.
    private static readonly TimeSpan s_bulkPatience = TimeSpan.FromSeconds(1);
    private const int BatchesForOneOfBulk = 8;

    private readonly Dictionary<LineKey, Line> _lines = [];
    private int _batchesWithoutBulk;

    public bool IsEmpty => _lines.Count == 0;

    /// <summary>Rows of all that waits.</summary>
    public int WaitingRows { get; private set; }

    /// <summary>Adds a job behind those of its lane.</summary>
    /// <param name="job">The job.</param>
    /// <param name="maxBatchSize">Rows of a full batch.</param>
    /// <returns>Whether its line has a full batch more by it.</returns>
    public bool Add(RunnableJob job, int maxBatchSize)
    {
        if (!_lines.TryGetValue(new LineKey(job.Key, job.GroupLimit), out var line))
        {
            _lines.Add(new LineKey(job.Key, job.GroupLimit), line = new Line());
        }

        line.Of(job.Lane).Enqueue(job);
        var fullBatches = line.Rows / maxBatchSize;
        line.Rows += job.RowCount;
        WaitingRows += job.RowCount;
        return fullBatches != line.Rows / maxBatchSize;
    }

    /// <summary>Decides the jobs that are to be cancelled; they leave in passing.</summary>
    public void Cancel(IReadOnlySet<Guid> jobIds, List<PendingJob> cancelled)
    {
        foreach (var line in _lines.Values)
        {
            Cancel(line.Interactive, jobIds, cancelled);
            Cancel(line.Bulk, jobIds, cancelled);
        }
    }

    /// <summary>Takes all out that waits.</summary>
    /// <param name="waiting">Gets those without an outcome, which nobody decides any more.</param>
    public void Clear(List<PendingJob> waiting)
    {
        foreach (var line in _lines.Values)
        {
            waiting.AddRange(line.Interactive.Where(job => job.TryPostpone()));
            waiting.AddRange(line.Bulk.Where(job => job.TryPostpone()));
        }

        _lines.Clear();
        WaitingRows = 0;
    }

    /// <summary>Takes the batch whose turn it is.</summary>
    /// <param name="maxBatchSize">The most rows of it.</param>
    /// <param name="delay">How long a batch that is not full may wait, counted from its oldest job.</param>
    /// <param name="expired">Gets the jobs whose deadline has passed.</param>
    /// <param name="wait">Where none is ready: until the next one will be; null where nothing waits.</param>
    /// <returns>The batch; null where none is ready.</returns>
    public Batch? Take(int maxBatchSize, TimeSpan delay, List<PendingJob> expired, out TimeSpan? wait)
    {
        while (FindReady(maxBatchSize, delay, expired, out wait) is { } ready)
        {
            var batch = Form(ready.Key, ready.Line, ready.BulkFirst, maxBatchSize, expired);
            if (batch.Slices.Count > 0)
            {
                _batchesWithoutBulk = ready.BulkFirst ? 0 : _batchesWithoutBulk + 1;
                return batch;
            }

            // Its jobs were decided elsewhere between the two looks at them.
        }

        return null;
    }

    /// <summary>
    /// The line whose turn it is, of those that have a full batch or have waited long enough: the one with the oldest interactive job,
    /// or where none has one, the oldest bulk job. Now and then it is that of a bulk job that has waited too long.
    /// </summary>
    /// <param name="maxBatchSize">Rows of a full batch.</param>
    /// <param name="delay">How long a batch that is not full may wait, counted from its oldest job.</param>
    /// <param name="expired">Gets the jobs whose deadline has passed.</param>
    /// <param name="wait">Where none is ready: until the next one will be; null where nothing waits.</param>
    private (LineKey Key, Line Line, bool BulkFirst)? FindReady(int maxBatchSize, TimeSpan delay, List<PendingJob> expired, out TimeSpan? wait)
    {
        wait = null;
        (LineKey Key, Line Line, PendingJob First)? next = null;
        (LineKey Key, Line Line, PendingJob First)? oldestBulk = null;
        List<LineKey>? empty = null;
        var now = time.GetTimestamp();
        foreach (var (key, line) in _lines)
        {
            var interactive = TryPeek(line, line.Interactive, now, expired);
            var bulk = TryPeek(line, line.Bulk, now, expired);
            if ((interactive ?? bulk) is not { } first)
            {
                (empty ??= []).Add(key);
                continue;
            }

            var since = Math.Min(first.ReceivedTimestamp, bulk?.ReceivedTimestamp ?? long.MaxValue);
            var left = line.Rows < maxBatchSize ? delay - time.GetElapsedTime(since, now) : TimeSpan.Zero;
            if (left > TimeSpan.Zero)
            {
                wait = wait < left ? wait : left;
            }
            else
            {
                next = next is { } best && !IsBefore(first, best.First) ? next : (key, line, first);
                if (bulk is not null && (oldestBulk is not { } old || bulk.ReceivedTimestamp < old.First.ReceivedTimestamp))
                {
                    oldestBulk = (key, line, bulk);
                }
            }
        }

        // A model with open dimensions may see any number of shapes.
        foreach (var key in empty ?? [])
        {
            _lines.Remove(key);
        }

        if (_batchesWithoutBulk >= BatchesForOneOfBulk - 1
            && oldestBulk is { } aged
            && time.GetElapsedTime(aged.First.ReceivedTimestamp, now) >= s_bulkPatience)
        {
            return (aged.Key, aged.Line, true);
        }

        return next is { } found ? (found.Key, found.Line, false) : null;
    }

    private static void Cancel(Queue<RunnableJob> queue, IReadOnlySet<Guid> jobIds, List<PendingJob> cancelled)
    {
        foreach (var job in queue)
        {
            if (jobIds.Contains(job.JobId) && job.TryDecide(JobOutcome.Cancelled))
            {
                cancelled.Add(job);
            }
        }
    }

    private static bool IsBefore(PendingJob a, PendingJob b)
    {
        // Of suspects those first that are the least so: what they leave unacked when the worker dies has been delivered once more.
        if (a.GroupLimit != b.GroupLimit && a.GroupLimit > 0 && b.GroupLimit > 0)
        {
            return a.GroupLimit > b.GroupLimit;
        }

        return a.Lane == b.Lane ? a.ReceivedTimestamp < b.ReceivedTimestamp : a.Lane == Lane.Interactive;
    }

    private Batch Form(LineKey key, Line line, bool bulkFirst, int maxBatchSize, List<PendingJob> expired)
    {
        var slices = new List<BatchSlice>();
        var room = maxBatchSize;
        Fill(line, bulkFirst ? line.Bulk : line.Interactive, slices, ref room, maxBatchSize, expired);
        Fill(line, bulkFirst ? line.Interactive : line.Bulk, slices, ref room, maxBatchSize, expired);
        return new Batch(key.Key, slices);
    }

    private void Fill(Line line, Queue<RunnableJob> queue, List<BatchSlice> slices, ref int room, int maxBatchSize, List<PendingJob> expired)
    {
        var now = time.GetTimestamp();
        while (room > 0 && TryPeek(line, queue, now, expired) is { } job && (job.GroupLimit == 0 || slices.Count < job.GroupLimit))
        {
            if (slices.Count > 0 && (job.RunsAlone || slices[0].Job.RunsAlone))
            {
                return;
            }

            var left = job.RowCount - job.TakenRows;
            if (left > room && job.RowCount <= maxBatchSize)
            {
                // It fits into a batch whole: the next one. Only what fits into none is split.
                return;
            }

            var rows = Math.Min(left, room);
            slices.Add(new BatchSlice(job, job.TakenRows, rows));
            job.TakenRows += rows;
            room -= rows;
            line.Rows -= rows;
            WaitingRows -= rows;
            if (job.TakenRows == job.RowCount)
            {
                queue.Dequeue();
            }
        }
    }

    /// <summary>The first job that is still to run; those before it that are not leave the queue.</summary>
    private RunnableJob? TryPeek(Line line, Queue<RunnableJob> queue, long now, List<PendingJob> expired)
    {
        while (queue.TryPeek(out var job))
        {
            if (!job.IsDecided && now < job.DeadlineTimestamp)
            {
                return job;
            }

            queue.Dequeue();
            line.Rows -= job.RowCount - job.TakenRows;
            WaitingRows -= job.RowCount - job.TakenRows;
            if (!job.IsDecided)
            {
                expired.Add(job);
            }
        }

        return null;
    }

    /// <summary>What jobs of one line share: suspects run apart from the others, and in groups of a size of their own.</summary>
    private readonly record struct LineKey(BatchKey Key, int GroupLimit);

    /// <summary>The jobs of one key.</summary>
    private sealed class Line
    {
        public Queue<RunnableJob> Interactive { get; } = new();

        public Queue<RunnableJob> Bulk { get; } = new();

        public int Rows { get; set; }

        public Queue<RunnableJob> Of(Lane lane) => lane == Lane.Bulk ? Bulk : Interactive;
    }
}
