using Millrace.Worker.Cancelling;
using Xunit;

namespace Millrace.Worker.Tests.Cancelling;

public sealed class JobFilterTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Says_no_only_of_what_was_not_added_and_nearly_always_then(bool inOrder)
    {
        const int Count = 200_000;
        var filter = new JobFilter();
        // What clients make differs in a few bits only, or in all.
        var random = new Random(42);
        var ids = Enumerable.Range(0, 2 * Count).Select(i => inOrder ? new Guid(i, 0, 0, new byte[8]) : Any(random)).ToArray();

        foreach (var id in ids[..Count])
        {
            filter.Add(id);
        }

        Assert.All(ids[..Count], id => Assert.True(filter.MayContain(id)));
        // (1 - e^(-4 * 200,000 / 2^23))^4 is 0.007 %.
        Assert.InRange(ids[Count..].Count(filter.MayContain), 0, Count / 2000);
    }

    private static Guid Any(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
