using Millrace.Contracts;

namespace Millrace.Worker.Retries;

/// <summary>
/// What a worker knows of one queue of delayed retries by the probes that went through it. A queue's depth does not tell: messages that the
/// broker cannot hand on are not counted in it. Thread-safe.
/// </summary>
/// <param name="delay">The queue's.</param>
/// <param name="every">How often a probe goes through, whichever worker sends it.</param>
/// <param name="time">Monotonic time.</param>
internal sealed class RetryProbe(TimeSpan delay, TimeSpan every, TimeProvider time)
{
    // Where none comes back, each further one takes twice as long to be sent: what waits there for good must stay little.
    private const int MostDoublings = 7;

    private readonly Lock _gate = new();
    private readonly List<(long Number, long SentAt)> _away = [];

    // A worker that ends and starts again and again sends none: the first one comes after a while.
    private long _last = time.GetTimestamp();
    private long _number;

    /// <summary>The queue.</summary>
    public string Queue { get; } = BrokerNames.Retry(delay);

    /// <summary>The queue's delay.</summary>
    public TimeSpan Delay => delay;

    /// <summary>How far the oldest probe that is not back is over its delay; not above 0 where all is well.</summary>
    public TimeSpan Overdue
    {
        get
        {
            lock (_gate)
            {
                return _away.Count == 0 ? TimeSpan.Zero : time.GetElapsedTime(_away[0].SentAt) - delay;
            }
        }
    }

    /// <summary>Takes the number of the next probe, where one is to be sent now.</summary>
    public bool TryNext(out long number)
    {
        lock (_gate)
        {
            number = _number + 1;
            // The longer the delay, the longer they are away: a second one says nothing before the first could be back.
            var pause = (_away.Count == 0 ? every : every + delay) * (1 << Math.Min(_away.Count, MostDoublings));
            if (time.GetElapsedTime(_last) < pause)
            {
                return false;
            }

            _number = number;
            _last = time.GetTimestamp();
            _away.Add((number, _last));
            return true;
        }
    }

    /// <summary>One of this worker's own came back, and with it the queue has given back all before it.</summary>
    public void Return(long number)
    {
        lock (_gate)
        {
            _away.RemoveAll(probe => probe.Number <= number);
        }
    }

    /// <summary>One of another worker's came back: this one need not send any for now.</summary>
    public void ReturnOther()
    {
        lock (_gate)
        {
            if (_away.Count == 0)
            {
                _last = time.GetTimestamp();
            }
        }
    }
}
