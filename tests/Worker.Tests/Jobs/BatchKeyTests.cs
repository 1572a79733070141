using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Jobs;

public sealed class BatchKeyTests
{
    [Fact]
    public void Keys_of_the_same_shapes_are_equal()
    {
        var a = new BatchKey([[2, 3], []]);
        var b = new BatchKey([[2, 3], []]);

        Assert.Equal(a, b);
        Assert.Equal(a.GetHashCode(), b.GetHashCode());
    }

    [Fact]
    public void Keys_of_other_shapes_are_not()
    {
        BatchKey[] keys =
        [
            new([[2, 3], []]), new([[3, 2], []]), new([[2], [3]]), new([[2, 3]]), new([[], [2, 3]]), new([[2, 3, 1], []]), new([[6], []]), new([]),
        ];

        Assert.Distinct(keys);
    }
}
