namespace Millrace.Worker.Intake;

/// <summary>
/// Which deliveries of one channel may be acked, in as few acks as possible: one with <c>multiple</c> for the longest run from the
/// oldest delivery without a gap, and one each for those that have waited behind a gap for too long. For one thread at a time.
/// </summary>
/// <remarks>
/// An ack with <c>multiple</c> takes every older unacked delivery with it, so it must never reach past one that is not done. Delivery
/// tags count up from 1 within a channel (AMQP 0-9-1, <c>basic.deliver</c>).
/// </remarks>
internal sealed class AckLedger
{
    private const long Told = -1;

    // What is done behind a gap: since when, or that the broker knows.
    private readonly Dictionary<ulong, long> _ahead = [];
    private ulong _floor;
    private int _untold;

    /// <summary>Whether a delivery is done that the broker has not been told of.</summary>
    public bool HasUntold => _untold > 0;

    /// <summary>The delivery is done.</summary>
    /// <param name="tag">Its delivery tag.</param>
    /// <param name="now">A time in any unit that counts up from 0.</param>
    public void Add(ulong tag, long now)
    {
        _ahead.Add(tag, now);
        _untold++;
    }

    /// <summary>The broker was told of the delivery in another way: it leaves no gap.</summary>
    public void AddTold(ulong tag) => _ahead.Add(tag, Told);

    /// <summary>Takes what is to be acked now.</summary>
    /// <param name="before">Deliveries behind a gap are taken where they were done before this time.</param>
    /// <param name="singles">Gets the tags to ack one by one.</param>
    /// <returns>The tag to ack with <c>multiple</c>, or 0 for none.</returns>
    public ulong Take(long before, List<ulong> singles)
    {
        // It must be a tag that the broker still waits for: it closes the channel over any other.
        var last = 0UL;
        while (_ahead.Remove(_floor + 1, out var since))
        {
            _floor++;
            if (since != Told)
            {
                last = _floor;
                _untold--;
            }
        }

        if (_untold > 0)
        {
            foreach (var (tag, since) in _ahead)
            {
                if (since != Told && since < before)
                {
                    singles.Add(tag);
                }
            }

            foreach (var tag in singles)
            {
                _ahead[tag] = Told;
            }

            _untold -= singles.Count;
        }

        return last;
    }
}
