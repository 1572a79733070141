using Millrace.Contracts.Wire;

namespace Millrace.Producer.Tests;

public sealed class PendingRepliesTests
{
    private static readonly Guid s_job = Guid.NewGuid();
    private readonly PendingReplies _pending = new();

    [Fact]
    public async Task Two_calls_for_one_job_get_their_own_replies()
    {
        var first = _pending.Open(s_job);
        var second = _pending.Open(s_job);

        _pending.Complete(second.CorrelationId, new WireBody(new byte[2], "x"));
        _pending.Complete(first.CorrelationId, new WireBody(new byte[1], "x"));

        Assert.Equal(1, (await first.Reply).Bytes.Length);
        Assert.Equal(2, (await second.Reply).Bytes.Length);
    }

    [Fact]
    public void Late_and_foreign_replies_are_dropped()
    {
        var (correlationId, reply) = _pending.Open(s_job);
        _pending.Close(correlationId);

        _pending.Complete(correlationId, default);
        _pending.Complete("unknown", default);
        _pending.Complete(null, default);

        Assert.False(reply.IsCompleted);
    }

    [Fact]
    public async Task The_end_is_told_to_all_that_wait_and_to_all_that_come()
    {
        var before = _pending.Open(s_job);

        _pending.End(new IOException("gone"));

        Assert.Equal("gone", (await Assert.ThrowsAsync<IOException>(() => before.Reply)).Message);
        Assert.Equal("gone", (await Assert.ThrowsAsync<IOException>(() => _pending.Open(s_job).Reply)).Message);
    }
}
