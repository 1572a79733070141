namespace Millrace.Worker.Resilience;

/// <summary>Lets at most one line through in an interval, and counts those that it held back.</summary>
internal sealed class LogGate(TimeProvider time, TimeSpan interval)
{
    private readonly Lock _lock = new();
    private long? _last;
    private long _heldBack;

    /// <summary>Whether a line may be written now.</summary>
    /// <param name="heldBack">How many like it were not, since the last one.</param>
    public bool TryPass(out long heldBack)
    {
        lock (_lock)
        {
            if (_last is { } last && time.GetElapsedTime(last) < interval)
            {
                heldBack = ++_heldBack;
                return false;
            }

            _last = time.GetTimestamp();
            (heldBack, _heldBack) = (_heldBack, 0);
            return true;
        }
    }
}
