namespace Millrace.Worker.Observability;

/// <summary>How many lines may still be written: so many at once, then so many a second. Thread-safe.</summary>
internal sealed class LineBudget(TimeProvider time, double perSecond, int atOnce)
{
    private readonly Lock _gate = new();
    private double _left = atOnce;
    private long _since = time.GetTimestamp();

    public bool TryTake()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _left = Math.Min(atOnce, _left + (time.GetElapsedTime(_since, now).TotalSeconds * perSecond));
            _since = now;
            if (_left < 1)
            {
                return false;
            }

            _left--;
            return true;
        }
    }
}
