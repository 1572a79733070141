using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Batching;

/// <summary>
/// Coalesces pending jobs of one model version into batches. Greedy: an idle session takes at once whatever waits, up to
/// <c>max_batch_size</c> rows; while sessions are busy, batches form by themselves. A batch is counted in rows. The bulk lane fills
/// what the interactive lane leaves free, and whole batches when that one is empty, or when it has left nothing for a second, one in eight.
/// </summary>
/// <remarks>
/// Nothing here is bounded by itself: every pending job is an unacked delivery, and the broker's prefetch bounds those.
/// </remarks>
internal sealed class Batcher : IDisposable
{
    private readonly TimeSpan _maxQueueDelay;
    private readonly ITimer _timer;
    private readonly object _gate = new();
    private readonly JobLines _lines;
    private int _maxBatchSize;
    private bool _closed;

    public Batcher(int maxBatchSize, TimeSpan maxQueueDelay, TimeProvider time)
    {
        _maxBatchSize = maxBatchSize;
        _maxQueueDelay = maxQueueDelay;
        _lines = new JobLines(time);
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

    /// <summary>Adds a job behind those of its lane.</summary>
    /// <exception cref="RunStoppedException">It is closed: the worker ends.</exception>
    public void Add(RunnableJob job)
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new RunStoppedException();
            }

            var isFirst = _lines.WaitingRows == 0;
            var fillsOne = _lines.Add(job, _maxBatchSize);
            // A session looks when there is something at all and when there is a full batch; between the two the one that has looked sees to
            // the others, or the timer. A wake-up for every job would cost more than the job.
            if (isFirst || fillsOne)
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
            _lines.Cancel(jobIds, cancelled);
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
                if (_lines.Take(_maxBatchSize, _closed ? TimeSpan.Zero : _maxQueueDelay, expired, out var wait) is { } batch)
                {
                    if (_lines.WaitingRows > 0)
                    {
                        // What is left may be another session's.
                        Monitor.Pulse(_gate);
                    }

                    return batch;
                }

                if (expired.Count > 0 || (_closed && _lines.IsEmpty))
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

    /// <summary>Closes, and takes out what waits instead of leaving it to the sessions.</summary>
    /// <param name="waiting">Gets the jobs that have no outcome; nobody here decides one any more. Of a split job, some rows may be running.</param>
    public void CloseAndTake(List<PendingJob> waiting)
    {
        lock (_gate)
        {
            _closed = true;
            _lines.Clear(waiting);
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
            if (_lines.WaitingRows > 0)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }
}
