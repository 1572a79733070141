using Millrace.Worker.Intake;
using Xunit;

namespace Millrace.Worker.Tests.Intake;

public sealed class AckLedgerTests
{
    private readonly AckLedger _ledger = new();
    private readonly List<ulong> _singles = [];

    [Fact]
    public void What_ended_in_order_is_acked_at_once_and_together()
    {
        _ledger.Add(1, now: 0);
        _ledger.Add(2, now: 0);
        _ledger.Add(3, now: 0);

        Assert.Equal(3UL, Take(before: 0));
        Assert.Empty(_singles);
        Assert.False(_ledger.HasUntold);
        Assert.Equal(0UL, Take(before: 100));
    }

    [Fact]
    public void What_ended_behind_a_gap_waits_for_it_to_close()
    {
        _ledger.Add(2, now: 5);
        Assert.Equal(0UL, Take(before: 5));
        Assert.Empty(_singles);
        Assert.True(_ledger.HasUntold);

        _ledger.Add(1, now: 6);
        Assert.Equal(2UL, Take(before: 5));
        Assert.Empty(_singles);
    }

    [Fact]
    public void What_has_waited_behind_a_gap_too_long_is_acked_alone_and_only_once()
    {
        _ledger.Add(2, now: 5);
        _ledger.Add(4, now: 9);
        Assert.Equal(0UL, Take(before: 6));
        Assert.Equal([2UL], _singles);

        _ledger.Add(1, now: 10);
        // Not 2, which the broker knows: it closes the channel over a tag that it waits for no more.
        Assert.Equal(1UL, Take(before: 6));
        _ledger.Add(3, now: 11);
        Assert.Equal(4UL, Take(before: 6));
        Assert.False(_ledger.HasUntold);
    }

    [Fact]
    public void What_went_back_leaves_no_gap()
    {
        _ledger.AddTold(1);
        Assert.Equal(0UL, Take(before: 0));
        _ledger.Add(2, now: 0);
        _ledger.AddTold(3);
        _ledger.Add(4, now: 0);
        Assert.Equal(4UL, Take(before: 0));
    }

    [Fact]
    public void In_any_order_each_delivery_is_told_once_and_none_before_it_is_done()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var order = Enumerable.Range(1, random.Next(1, 60)).ToArray();
            random.Shuffle(order);
            var patience = random.Next(20);
            var ledger = new AckLedger();
            var done = new HashSet<ulong>();
            var told = new HashSet<ulong>();
            for (var now = 0; now < order.Length; now++)
            {
                ledger.Add((ulong)order[now], now);
                done.Add((ulong)order[now]);
                Tell(ledger, now - patience, done, told);
            }

            Tell(ledger, long.MaxValue, done, told);
            Assert.True(told.SetEquals(done) && !ledger.HasUntold, $"seed {seed}");
        }
    }

    private ulong Take(long before)
    {
        _singles.Clear();
        return _ledger.Take(before, _singles);
    }

    /// <summary>Does with the acks what a broker does.</summary>
    private static void Tell(AckLedger ledger, long before, HashSet<ulong> done, HashSet<ulong> told)
    {
        var singles = new List<ulong>();
        var last = ledger.Take(before, singles);
        // A tag that is told twice closes the channel.
        Assert.True(last == 0 || !told.Contains(last));
        for (var tag = 1UL; tag <= last; tag++)
        {
            Assert.Contains(tag, done);
            told.Add(tag);
        }

        foreach (var tag in singles)
        {
            Assert.Contains(tag, done);
            Assert.True(told.Add(tag));
        }
    }
}
