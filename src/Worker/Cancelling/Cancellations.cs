using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Millrace.Results;

namespace Millrace.Worker.Cancelling;

/// <summary>
/// The jobs that are to be cancelled, as far as this worker knows and remembers. Where they are too many, the oldest of whoever has asked
/// for the most goes first, so that nobody's flood pushes another's request out; the store still has what went.
/// </summary>
internal sealed class Cancellations(IOptions<CancellingOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, LinkedListNode<Remembered>> _byJob = new();
    private readonly Dictionary<string, LinkedList<Remembered>> _byRequester = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private volatile JobFilter? _pushedOut;
    private long _pushedOutAt;
    private volatile bool _isEmpty = true;

    /// <summary>Remembers jobs, and forgets those that are too old or too many.</summary>
    /// <returns>How many were pushed out, and are to be looked up from now on.</returns>
    public int Add(IReadOnlyCollection<CancellationRequest> requests)
    {
        var now = time.GetTimestamp();
        var pushedOut = 0;
        lock (_lock)
        {
            ForgetOld(now);
            _isEmpty = _isEmpty && requests.Count == 0;
            foreach (var request in requests)
            {
                if (_byJob.TryGetValue(request.JobId, out var known))
                {
                    Forget(known);
                }

                if (!_byRequester.TryGetValue(request.RequestedBy, out var list))
                {
                    _byRequester.Add(request.RequestedBy, list = new LinkedList<Remembered>());
                }

                _byJob[request.JobId] = list.AddLast(new Remembered(request.JobId, request.RequestedBy, now));
                if (_byJob.Count > options.Value.MaxRemembered)
                {
                    PushOut(now);
                    pushedOut++;
                }
            }

            _isEmpty = _byJob.IsEmpty && _pushedOut is null;
        }

        return pushedOut;
    }

    /// <summary>Whether a job is known to be to be cancelled. Asked for each job: where nothing is cancelled, it costs one read.</summary>
    public bool Contains(Guid jobId) =>
        !_isEmpty && _byJob.TryGetValue(jobId, out var known) && !IsOver(known.Value.HeardAt, time.GetTimestamp());

    /// <summary>Whether a request for the job may have been pushed out of memory, and only the store can tell.</summary>
    public bool MayHavePushedOut(Guid jobId) =>
        !_isEmpty && _pushedOut is { } filter && !IsOver(Interlocked.Read(ref _pushedOutAt), time.GetTimestamp()) && filter.MayContain(jobId);

    private void ForgetOld(long now)
    {
        foreach (var list in _byRequester.Values.ToArray())
        {
            while (list.First is { } oldest && IsOver(oldest.Value.HeardAt, now))
            {
                Forget(oldest);
            }
        }

        if (_pushedOut is not null && IsOver(_pushedOutAt, now))
        {
            _pushedOut = null;
        }
    }

    private void PushOut(long now)
    {
        var oldest = _byRequester.Values.MaxBy(list => list.Count)!.First!;
        // Looked for in the order: known, pushed out. In the other one, it would be in neither for a moment.
        var filter = _pushedOut ?? new JobFilter();
        filter.Add(oldest.Value.JobId);
        Interlocked.Exchange(ref _pushedOutAt, now);
        _pushedOut = filter;
        Forget(oldest);
    }

    private void Forget(LinkedListNode<Remembered> node)
    {
        var list = node.List!;
        list.Remove(node);
        if (list.Count == 0)
        {
            _byRequester.Remove(node.Value.RequestedBy);
        }

        _byJob.TryRemove(KeyValuePair.Create(node.Value.JobId, node));
    }

    private bool IsOver(long heardAt, long now) => time.GetElapsedTime(heardAt, now) >= options.Value.RememberFor;

    private sealed record Remembered(Guid JobId, string RequestedBy, long HeardAt);
}
