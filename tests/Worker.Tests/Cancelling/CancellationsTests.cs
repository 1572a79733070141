using Microsoft.Extensions.Options;
using Millrace.Results;
using Millrace.Worker.Cancelling;
using Xunit;

namespace Millrace.Worker.Tests.Cancelling;

public sealed class CancellationsTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Guid[] _ids = [.. Enumerable.Range(0, 8).Select(_ => Guid.NewGuid())];
    private readonly Cancellations _cancellations;

    public CancellationsTests() => _cancellations = new Cancellations(
        Options.Create(new CancellingOptions { RememberFor = TimeSpan.FromHours(1), MaxRemembered = 3 }), _time);

    public void Dispose() => _time.Dispose();

    [Fact]
    public void Knows_what_it_was_told_and_nothing_else()
    {
        Assert.False(_cancellations.Contains(_ids[0]));

        Assert.Equal(0, Add("a", _ids[0]));

        Assert.True(_cancellations.Contains(_ids[0]));
        Assert.False(_cancellations.Contains(_ids[1]));
        Assert.All(_ids, id => Assert.False(_cancellations.MayHavePushedOut(id)));
    }

    [Fact]
    public void Forgets_what_was_told_too_long_ago()
    {
        Add("a", _ids[0]);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.True(_cancellations.Contains(_ids[0]));

        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.False(_cancellations.Contains(_ids[0]));
    }

    [Fact]
    public void What_is_too_many_is_pushed_out_and_is_to_be_looked_up()
    {
        Assert.Equal(1, Add("a", _ids[..4]));

        Assert.Equal([false, true, true, true], _ids[..4].Select(_cancellations.Contains));
        Assert.Equal([true, false, false, false], _ids[..4].Select(_cancellations.MayHavePushedOut));
        Assert.False(_cancellations.MayHavePushedOut(_ids[4]));
    }

    [Fact]
    public void One_requesters_many_push_no_request_of_another_out()
    {
        Add("b", _ids[0]);

        Assert.Equal(5, Add("a", _ids[1..]));

        Assert.Equal([true, false, false, false, false, false, true, true], _ids.Select(_cancellations.Contains));
    }

    [Fact]
    public void What_is_pushed_out_need_not_be_looked_up_any_more_once_it_would_be_forgotten()
    {
        Add("a", _ids[..4]);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.True(_cancellations.MayHavePushedOut(_ids[0]));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(_cancellations.MayHavePushedOut(_ids[0]));
        Add("a", _ids[4]);
        Assert.False(_cancellations.MayHavePushedOut(_ids[0]));
    }

    [Fact]
    public void What_is_told_again_is_remembered_from_then_on_and_once()
    {
        Add("a", _ids[0]);
        _time.Advance(TimeSpan.FromMinutes(30));
        Add("a", _ids[0], _ids[0]);
        Assert.Equal(0, Add("a", _ids[1], _ids[2]));
        _time.Advance(TimeSpan.FromMinutes(59));
        Add("a", _ids[1]);

        Assert.True(_cancellations.Contains(_ids[0]));
    }

    [Fact]
    public void Room_that_time_has_made_is_used_before_anything_is_pushed_out()
    {
        Add("a", _ids[..3]);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(0, Add("a", _ids[3..6]));
        Assert.Equal([false, false, false, true, true, true], _ids[..6].Select(_cancellations.Contains));
    }

    private int Add(string requester, params Guid[] ids) =>
        _cancellations.Add([.. ids.Select(id => new CancellationRequest(id, requester))]);
}
