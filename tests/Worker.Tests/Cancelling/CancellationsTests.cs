using Microsoft.Extensions.Options;
using Millrace.Worker.Cancelling;
using Xunit;

namespace Millrace.Worker.Tests.Cancelling;

public sealed class CancellationsTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Guid[] _ids = [.. Enumerable.Range(0, 4).Select(_ => Guid.NewGuid())];
    private readonly Cancellations _cancellations;

    public CancellationsTests() => _cancellations = new Cancellations(
        Options.Create(new CancellingOptions { RememberFor = TimeSpan.FromHours(1), MaxRemembered = 3 }), _time);

    public void Dispose() => _time.Dispose();

    [Fact]
    public void Knows_what_it_was_told_and_nothing_else()
    {
        Assert.False(_cancellations.Contains(_ids[0]));

        _cancellations.Add([_ids[0]]);

        Assert.True(_cancellations.Contains(_ids[0]));
        Assert.False(_cancellations.Contains(_ids[1]));
    }

    [Fact]
    public void Forgets_what_was_told_too_long_ago()
    {
        _cancellations.Add([_ids[0]]);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.True(_cancellations.Contains(_ids[0]));

        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.False(_cancellations.Contains(_ids[0]));
    }

    [Fact]
    public void Forgets_the_oldest_where_they_are_too_many()
    {
        _cancellations.Add(_ids);

        Assert.Equal([false, true, true, true], _ids.Select(_cancellations.Contains));
    }

    [Fact]
    public void What_is_told_again_is_remembered_from_then_on()
    {
        _cancellations.Add([_ids[0]]);
        _time.Advance(TimeSpan.FromMinutes(30));
        _cancellations.Add([_ids[0]]);
        _time.Advance(TimeSpan.FromMinutes(59));
        _cancellations.Add([_ids[1]]);

        Assert.True(_cancellations.Contains(_ids[0]));
    }
}
