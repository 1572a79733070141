using Millrace.Contracts;
using Millrace.Worker.Intake;

namespace Millrace.Worker.Batching;

/// <summary>
/// Coalesces pending jobs of one model version into batches. Greedy: an idle session takes at once whatever waits, up to
/// <c>max_batch_size</c> rows; while sessions are busy, batches form by themselves. A batch is counted in rows. The bulk lane fills
/// what the interactive lane leaves free, and whole batches when that one is empty.
/// </summary>
/// <remarks>
/// Nothing here is bounded by itself: every pending job is an unacked delivery, and the broker's prefetch bounds those.
/// </remarks>
internal sealed class Batcher : IDisposable
{
    // How long a batch that is not full lets deliveries be read that have arrived already. It only bounds the wait behind a very
    // large body: a burst of small ones is read in far less, and with none arriving there is no wait at all.
    private static readonly TimeSpan s_longestGather = TimeSpan.FromMilliseconds(2);

    private readonly TimeSpan _maxQueueDelay;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly object _gate = new();
    private readonly Dictionary<LineKey, Line> _lines = [];
    private int _maxBatchSize;
    private int _waitingRows;
    private int _arriving;
    private bool _closed;

    public Batcher(int maxBatchSize, TimeSpan maxQueueDelay, TimeProvider time)
    {
        _maxBatchSize = maxBatchSize;
        _maxQueueDelay = maxQueueDelay;
        _time = time;
        _timer = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The most rows of a batch, from now on.</summary>
    public int MaxBatchSize => Volatile.Read(ref _maxBatchSize);

    /// <summary>Forms no batches of more rows from now on.</summary>
    /// <returns>False where that is so already.</returns>
    public bool TryLimit(int rows)
    {
        lock (_gate)
        {
            if (rows >= _maxBatchSize)
            {
                return false;
            }

            _maxBatchSize = rows;
            return true;
        }
    }

    /// <summary>Says that a delivery has arrived and is being read; <see cref="Settle"/> must follow.</summary>
    public void Announce() => Interlocked.Increment(ref _arriving);

    /// <summary>Says that an announced delivery was read, and is added here next or goes another way.</summary>
    public void Settle()
    {
        if (Interlocked.Decrement(ref _arriving) == 0)
        {
            Wake();
        }
    }

    /// <summary>Adds a job behind those of its lane.</summary>
    public void Add(PendingJob job)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (!_lines.TryGetValue(new LineKey(job.Key, job.GroupLimit), out var line))
            {
                _lines.Add(new LineKey(job.Key, job.GroupLimit), line = new Line());
            }

            line.Of(job.Lane).Enqueue(job);
            var isFirst = _waitingRows == 0;
            var fullBatches = line.Rows / _maxBatchSize;
            line.Rows += job.RowCount;
            _waitingRows += job.RowCount;
            // A session looks when there is something at all and when there is a full batch; between the two, the last arriving
            // delivery or the timer wakes it. A wake-up for every job would cost more than the job.
            if (isFirst || fullBatches != line.Rows / _maxBatchSize || Volatile.Read(ref _arriving) == 0)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Decides the jobs that wait here and are to be cancelled; the queues drop them in passing.</summary>
    /// <param name="jobIds">The jobs to cancel.</param>
    /// <param name="cancelled">Gets those that were decided here, and must be handed on.</param>
    public void Cancel(IReadOnlySet<Guid> jobIds, List<PendingJob> cancelled)
    {
        lock (_gate)
        {
            foreach (var line in _lines.Values)
            {
                Cancel(line.Interactive, jobIds, cancelled);
                Cancel(line.Bulk, jobIds, cancelled);
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for the next batch. For the thread of one session: it blocks.</summary>
    /// <param name="expired">Gets the jobs whose deadline passed while they waited.</param>
    /// <returns>A batch, or null where there is none to run: after <see cref="Close"/>, or where jobs have expired instead.</returns>
    public Batch? Take(List<PendingJob> expired)
    {
        lock (_gate)
        {
            while (true)
            {
                if (FindReady(expired, out var wait) is { } ready)
                {
                    var batch = Form(ready.Key, ready.Line, expired);
                    if (batch.Slices.Count > 0)
                    {
                        return batch;
                    }

                    // Its jobs were decided elsewhere between the two looks at them.
                    continue;
                }

                if (expired.Count > 0 || (_closed && _lines.Count == 0))
                {
                    return null;
                }

                if (wait is { } left)
                {
                    _timer.Change(left, Timeout.InfiniteTimeSpan);
                }

                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Lets the sessions take what waits and then end. Nothing may be added any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _closed;
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Lets the sessions look again. With nothing there they need not: a switch of threads costs more than a small job.</summary>
    private void Wake()
    {
        lock (_gate)
        {
            if (_waitingRows > 0)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>
    /// The line whose turn it is, of those that have a full batch or have waited long enough: the one with the oldest interactive job,
    /// or where none has one, the oldest bulk job.
    /// </summary>
    /// <param name="expired">Gets the jobs whose deadline has passed.</param>
    /// <param name="wait">Where none is ready: until the next one will be; null where nothing waits.</param>
    private (LineKey Key, Line Line)? FindReady(List<PendingJob> expired, out TimeSpan? wait)
    {
        wait = null;
        (LineKey Key, Line Line, PendingJob First)? next = null;
        List<LineKey>? empty = null;
        var now = _time.GetTimestamp();
        var delay = Delay();
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
            var left = line.Rows < _maxBatchSize ? delay - _time.GetElapsedTime(since, now) : TimeSpan.Zero;
            if (left > TimeSpan.Zero)
            {
                wait = wait < left ? wait : left;
            }
            else if (next is not { } best || IsBefore(first, best.First))
            {
                next = (key, line, first);
            }
        }

        // A model with open dimensions may see any number of shapes.
        foreach (var key in empty ?? [])
        {
            _lines.Remove(key);
        }

        return next is { } found ? (found.Key, found.Line) : null;
    }

    private static void Cancel(Queue<PendingJob> queue, IReadOnlySet<Guid> jobIds, List<PendingJob> cancelled)
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

    /// <summary>How long a batch that is not full may wait, counted from its oldest job.</summary>
    private TimeSpan Delay()
    {
        if (_closed)
        {
            return TimeSpan.Zero;
        }

        return Volatile.Read(ref _arriving) > 0 && _maxQueueDelay < s_longestGather ? s_longestGather : _maxQueueDelay;
    }

    private Batch Form(LineKey key, Line line, List<PendingJob> expired)
    {
        var slices = new List<BatchSlice>();
        var room = _maxBatchSize;
        Fill(line, line.Interactive, slices, ref room, expired);
        Fill(line, line.Bulk, slices, ref room, expired);
        if (line.Interactive.Count > 0 || line.Bulk.Count > 0)
        {
            // What is left may be another session's.
            Monitor.Pulse(_gate);
        }

        return new Batch(key.Key, slices);
    }

    private void Fill(Line line, Queue<PendingJob> queue, List<BatchSlice> slices, ref int room, List<PendingJob> expired)
    {
        var now = _time.GetTimestamp();
        while (room > 0 && TryPeek(line, queue, now, expired) is { } job && (job.GroupLimit == 0 || slices.Count < job.GroupLimit))
        {
            if (slices.Count > 0 && (job.RunsAlone || slices[0].Job.RunsAlone))
            {
                return;
            }

            var left = job.RowCount - job.TakenRows;
            if (left > room && job.RowCount <= _maxBatchSize)
            {
                // It fits into a batch whole: the next one. Only what fits into none is split.
                return;
            }

            var rows = Math.Min(left, room);
            slices.Add(new BatchSlice(job, job.TakenRows, rows));
            job.TakenRows += rows;
            room -= rows;
            line.Rows -= rows;
            _waitingRows -= rows;
            if (job.TakenRows == job.RowCount)
            {
                queue.Dequeue();
            }
        }
    }

    /// <summary>The first job that is still to run; those before it that are not leave the queue.</summary>
    private PendingJob? TryPeek(Line line, Queue<PendingJob> queue, long now, List<PendingJob> expired)
    {
        while (queue.TryPeek(out var job))
        {
            if (!job.IsDecided && now < job.DeadlineTimestamp)
            {
                return job;
            }

            queue.Dequeue();
            line.Rows -= job.RowCount - job.TakenRows;
            _waitingRows -= job.RowCount - job.TakenRows;
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
        public Queue<PendingJob> Interactive { get; } = new();

        public Queue<PendingJob> Bulk { get; } = new();

        public int Rows { get; set; }

        public Queue<PendingJob> Of(Lane lane) => lane == Lane.Bulk ? Bulk : Interactive;
    }
}
