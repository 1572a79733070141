using Millrace.Bench.Load;

namespace Millrace.Bench.Tests;

public sealed class ReplyBookTests
{
    private readonly FixedTime _time = new();

    [Fact]
    public void Latency_counts_from_when_the_job_was_meant_to_be_sent()
    {
        var book = new ReplyBook(1, _time);
        book.Begin(0, TimeSpan.FromMilliseconds(10).Ticks);
        _time.Elapsed = TimeSpan.FromMilliseconds(510);
        book.Reply(0, isSuccess: true);
        Assert.True(book.Complete.IsCompletedSuccessfully);
        Assert.Equal(500, book.Close().Milliseconds(50));
        Assert.Equal(_time.Elapsed.Ticks, book.LastAt);
    }

    [Fact]
    public void A_reply_without_success_spoils_it()
    {
        var book = new ReplyBook(2, _time);
        book.Reply(0, isSuccess: true);
        book.Reply(1, isSuccess: false);
        Assert.Contains("1 of them without success", Assert.Throws<BenchException>(book.Close).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reply_that_comes_twice_counts_once_and_spoils_it()
    {
        var book = new ReplyBook(2, _time);
        book.Reply(0, isSuccess: true);
        book.Reply(0, isSuccess: true);
        Assert.False(book.Complete.IsCompleted);
        book.Reply(1, isSuccess: true);
        Assert.Contains("1 replies came once more", Assert.Throws<BenchException>(book.Close).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_reply_spoils_it() => Assert.Throws<BenchException>(new ReplyBook(1, _time).Close);

    [Fact]
    public void Fewer_jobs_than_expected_complete_it_where_it_is_told_so()
    {
        var book = new ReplyBook(100, _time);
        book.Reply(1, isSuccess: true);
        book.Reply(0, isSuccess: true);
        book.Limit(2);
        Assert.True(book.Complete.IsCompletedSuccessfully);
        book.Close();
    }
}
