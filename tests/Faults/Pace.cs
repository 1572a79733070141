using System.Diagnostics;

namespace Millrace.Faults;

/// <summary>How fast something happens, by the time that each so many of it take.</summary>
internal sealed class Pace(int every)
{
    private readonly Lock _gate = new();
    private readonly List<double> _rates = [];
    private long _since = Stopwatch.GetTimestamp();
    private int _count;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>The median of the rates, in a second; the first is left out, which has the start in it.</summary>
    public double Median
    {
        get
        {
            lock (_gate)
            {
                return _rates.Skip(1).Order().ElementAt((_rates.Count - 1) / 2);
            }
        }
    }

    public void Add()
    {
        lock (_gate)
        {
            if (++_count % every == 0)
            {
                _rates.Add(every / Stopwatch.GetElapsedTime(_since).TotalSeconds);
                _since = Stopwatch.GetTimestamp();
            }
        }
    }
}
