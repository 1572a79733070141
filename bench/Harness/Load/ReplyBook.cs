namespace Millrace.Bench.Load;

/// <summary>Keeps, for each job of a measure, when its latency begins and when its reply came.</summary>
/// <param name="jobs">How many.</param>
/// <param name="clock">Measures.</param>
internal sealed class ReplyBook(int jobs, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long[] _begun = new long[jobs];
    private readonly double[] _seconds = Enumerable.Repeat(double.NaN, jobs).ToArray();
    private int _expected = jobs;
    private int _replied;
    private int _repeated;
    private int _notSucceeded;

    public int Jobs => _begun.Length;

    /// <summary>Ends with the last job's reply.</summary>
    public Task Complete => _complete.Task;

    /// <summary>When the last reply came, in the clock's ticks.</summary>
    public long LastAt { get; private set; }

    /// <summary>Notes when a job's latency begins. Before it is published.</summary>
    public void Begin(int job, long timestamp) => _begun[job] = timestamp;

    /// <summary>Says that fewer jobs than that were published: the first so many.</summary>
    public void Limit(int published)
    {
        lock (_lock)
        {
            _expected = published;
            CompleteAt(clock.GetTimestamp());
        }
    }

    /// <summary>Notes a reply.</summary>
    public void Reply(int job, bool isSuccess)
    {
        var now = clock.GetTimestamp();
        lock (_lock)
        {
            Reply(job, isSuccess, now);
        }
    }

    /// <summary>The latencies, once all replies are there.</summary>
    /// <exception cref="BenchException">A reply was no success, or came twice.</exception>
    public Percentiles Close()
    {
        lock (_lock)
        {
            return _notSucceeded == 0 && _repeated == 0 && _replied == _expected
                ? new Percentiles(_seconds.Take(_expected))
                : throw new BenchException(
                    $"Of {_expected} jobs {_replied} were replied to, {_notSucceeded} of them without success; {_repeated} replies came once more.");
        }
    }

    private void Reply(int job, bool isSuccess, long now)
    {
        if (!double.IsNaN(_seconds[job]))
        {
            _repeated++;
            return;
        }

        _seconds[job] = clock.GetElapsedTime(_begun[job], now).TotalSeconds;
        _notSucceeded += isSuccess ? 0 : 1;
        _replied++;
        CompleteAt(now);
    }

    private void CompleteAt(long now)
    {
        if (_replied == _expected && !_complete.Task.IsCompleted)
        {
            LastAt = now;
            _complete.SetResult();
        }
    }
}
