using Millrace.Worker.Sending;
using Xunit;

namespace Millrace.Worker.Tests.Sending;

public sealed class RefusingQueuesTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly RefusingQueues _queues;

    public RefusingQueuesTests() => _queues = new RefusingQueues(_time);

    public void Dispose() => _time.Dispose();

    [Fact]
    public void A_reply_waits_longer_each_time_and_is_given_up_after_four_seconds()
    {
        var send = new PendingSend(FakeBroker.Message("full"));
        var waits = new List<double>();
        while (Refuse(send) is { } wait)
        {
            waits.Add(wait.TotalMilliseconds);
            _time.Advance(wait);
            _queues.Return(send);
        }

        Assert.Equal([100, 300, 900, 2700], waits);
    }

    [Fact]
    public void A_queue_that_has_refused_for_as_long_as_that_is_not_waited_for_again()
    {
        for (var i = 0; i < 5; i++)
        {
            var send = new PendingSend(FakeBroker.Message("full"));
            Assert.NotNull(Refuse(send));
            _queues.Return(send);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Null(Refuse(new PendingSend(FakeBroker.Message("full"))));
        Assert.NotNull(Refuse(new PendingSend(FakeBroker.Message("another"))));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.NotNull(Refuse(new PendingSend(FakeBroker.Message("full"))));
    }

    [Fact]
    public void A_queue_that_takes_some_is_waited_for_by_each()
    {
        for (var i = 0; i < 20; i++)
        {
            var send = new PendingSend(FakeBroker.Message("busy"));
            Assert.NotNull(Refuse(send));
            _time.Advance(TimeSpan.FromSeconds(1));
            _queues.Return(send);
            _queues.Take(send);
        }
    }

    [Fact]
    public void Few_wait_for_one_queue_and_not_many_for_all()
    {
        var waiting = Enumerable.Range(0, 200).Count(_ => Refuse(new PendingSend(FakeBroker.Message("full"))) is not null);
        var inAll = waiting + Enumerable.Range(0, 1_000).Count(i => Refuse(new PendingSend(FakeBroker.Message($"full{i}"))) is not null);

        Assert.Equal((RefusingQueues.MaxWaiting, RefusingQueues.MaxWaitingInAll), (waiting, inAll));
    }

    [Fact]
    public void Names_do_not_pile_up()
    {
        for (var i = 0; i < 10_000; i++)
        {
            var send = new PendingSend(FakeBroker.Message($"full{i}"));
            Assert.NotNull(Refuse(send));
            _queues.Return(send);
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    [Fact]
    public void A_message_to_an_exchange_of_ours_is_not_given_up_for_a_minute_nearly()
    {
        var send = new PendingSend(FakeBroker.Message("digits") with { Exchange = "millrace.retry.1s" });
        var waits = new List<TimeSpan>();
        while (Refuse(send) is { } wait)
        {
            waits.Add(wait);
        }

        Assert.Equal(RefusingQueues.MaxTriesOfOurs - 1, waits.Count);
        Assert.InRange(waits.Sum(wait => wait.TotalSeconds), 40, 60);
    }

    private TimeSpan? Refuse(PendingSend send)
    {
        send.Refusals++;
        return _queues.Refuse(send);
    }
}
