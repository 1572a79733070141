namespace Millrace.Worker.Observability;

/// <summary>Lets a line of the log through once in an interval and counts the others, where a caller decides how often it comes about. Thread-safe.</summary>
internal sealed class LogPace(TimeProvider time, TimeSpan interval)
{
    private readonly Lock _gate = new();
    private long _last;
    private bool _hasLast;
    private long _heldBack;

    /// <summary>Whether the line goes out now.</summary>
    /// <param name="heldBack">How many did not since the last that did.</param>
    public bool TryTake(out long heldBack)
    {
        lock (_gate)
        {
            heldBack = _heldBack;
            if (_hasLast && time.GetElapsedTime(_last) < interval)
            {
                _heldBack++;
                return false;
            }

            (_last, _hasLast, _heldBack) = (time.GetTimestamp(), true, 0);
            return true;
        }
    }
}
