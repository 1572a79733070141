using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Millrace.Worker.Cancelling;

/// <summary>The jobs that are to be cancelled, as far as this worker knows and remembers.</summary>
internal sealed class Cancellations(IOptions<CancellingOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, long> _heardAt = new();
    private readonly Queue<(Guid JobId, long HeardAt)> _order = new();
    private readonly Lock _lock = new();
    private volatile bool _isEmpty = true;

    /// <summary>Remembers jobs, and forgets those that are too old or too many.</summary>
    public void Add(IReadOnlyCollection<Guid> jobIds)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            foreach (var id in jobIds)
            {
                _heardAt[id] = now;
                _order.Enqueue((id, now));
            }

            while (_order.TryPeek(out var oldest) && (_order.Count > options.Value.MaxRemembered || IsOver(oldest.HeardAt, now)))
            {
                _order.Dequeue();
                // Only this entry: a job that was asked for again stands in the queue once more.
                _heardAt.TryRemove(KeyValuePair.Create(oldest.JobId, oldest.HeardAt));
            }

            _isEmpty = _order.Count == 0;
        }
    }

    /// <summary>Whether a job is to be cancelled. Asked for each job: where nothing is cancelled, it costs one read.</summary>
    public bool Contains(Guid jobId) => !_isEmpty && _heardAt.TryGetValue(jobId, out var heardAt) && !IsOver(heardAt, time.GetTimestamp());

    private bool IsOver(long heardAt, long now) => time.GetElapsedTime(heardAt, now) >= options.Value.RememberFor;
}
