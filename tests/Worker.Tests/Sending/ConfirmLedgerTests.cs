using Millrace.Contracts.Wire;
using Millrace.Worker.Sending;
using Xunit;

namespace Millrace.Worker.Tests.Sending;

public sealed class ConfirmLedgerTests
{
    private readonly ConfirmLedger _ledger = new();
    private readonly List<PendingSend> _answered = [];

    [Fact]
    public void An_answer_for_one_takes_that_one()
    {
        var sends = Add(3);
        _ledger.Take(2, multiple: false, _answered);
        Assert.Equal([sends[1]], _answered);
    }

    [Fact]
    public void An_answer_for_many_takes_all_that_are_left_up_to_it()
    {
        var sends = Add(5);
        _ledger.Take(2, multiple: false, _answered);
        _answered.Clear();
        _ledger.Take(4, multiple: true, _answered);
        Assert.Equal([sends[0], sends[2], sends[3]], _answered);
        _answered.Clear();
        _ledger.Take(5, multiple: true, _answered);
        Assert.Equal([sends[4]], _answered);
    }

    [Fact]
    public void A_returned_message_is_found_by_what_it_is()
    {
        var sends = Add(3);
        Assert.True(_ledger.TryMarkReturned("", "replies", "c2", [2]));
        Assert.Equal([false, true, false], sends.Select(send => send.IsReturned));
        Assert.False(_ledger.TryMarkReturned("", "replies", "c2", [2]));
        Assert.False(_ledger.TryMarkReturned("", "replies", "c1", [9]));
        Assert.False(_ledger.TryMarkReturned("", "others", "c1", [1]));
    }

    [Fact]
    public void A_closed_ledger_hands_out_what_is_left_in_order_and_takes_no_more()
    {
        var sends = Add(4);
        _ledger.Take(2, multiple: false, _answered);
        Assert.Equal([sends[0], sends[2], sends[3]], _ledger.Close());
        Assert.Empty(_ledger.Close());
        Assert.False(_ledger.TryAdd(Send(9)));
    }

    [Fact]
    public void A_withdrawn_message_is_not_handed_out()
    {
        var sends = Add(2);
        _ledger.Withdraw();
        Assert.Equal([sends[0]], _ledger.Close());
    }

    private PendingSend[] Add(int count)
    {
        PendingSend[] sends = [.. Enumerable.Range(1, count).Select(i => Send((byte)i))];
        Assert.All(sends, send => Assert.True(_ledger.TryAdd(send)));
        return sends;
    }

    private static PendingSend Send(byte number) => new(new OutboundMessage
    {
        Exchange = "",
        RoutingKey = "replies",
        CorrelationId = $"c{number}",
        Body = new WireBody(new byte[] { number }, OipFormat.JsonContentType),
    });
}
