namespace Millrace.Bench;

/// <summary>Says whether another round begins: as many as are asked for or, of a run that is to end by a time, as many as fit.</summary>
/// <param name="rounds">The most.</param>
/// <param name="endBy">When all is to be over; null for whenever it is. The first round is taken in any case.</param>
/// <param name="time">The clock.</param>
internal sealed class RoundClock(int rounds, DateTimeOffset? endBy, TimeProvider time)
{
    private DateTimeOffset _began;
    private TimeSpan _longest;

    /// <summary>The round that began last, from 1.</summary>
    public int Round { get; private set; }

    /// <summary>Begins a round, unless there were enough or one as long as the longest so far would end too late.</summary>
    public bool TryBegin()
    {
        var now = time.GetUtcNow();
        if (Round > 0 && now - _began > _longest)
        {
            _longest = now - _began;
        }

        if (Round == rounds || (Round > 0 && now + _longest > endBy))
        {
            return false;
        }

        _began = now;
        Round++;
        return true;
    }
}
