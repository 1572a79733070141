using Millrace.Producer.Scoring;

namespace Millrace.Producer.Tests.Scoring;

public sealed class ColumnListTests
{
    private static readonly string[] s_header = ["id", "first", "second", "third", "f01", "f02", "f03"];

    [Theory]
    [InlineData("first,third", "first,third")]
    [InlineData(" first , third ,", "first,third")]
    [InlineData("pixel_8..pixel_11", "pixel_8,pixel_9,pixel_10,pixel_11")]
    [InlineData("x3..x3", "x3")]
    [InlineData("first..third", "first,second,third")]
    [InlineData("id,f01..f03", "id,f01,f02,f03")]
    public void Ranges_are_written_out(string list, string expected) =>
        Assert.Equal(expected.Split(','), ColumnList.Expand(list, s_header));

    [Theory]
    [InlineData("pixel_3..pixel_1", "counts down")]
    [InlineData("third..first", "no meaning")]
    [InlineData("first..nowhere", "no meaning")]
    [InlineData("a1..b2", "no meaning")]
    public void A_range_without_meaning_is_refused(string list, string reason) =>
        Assert.Contains(reason, Assert.Throws<UsageException>(() => ColumnList.Expand(list, s_header)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_range_of_billions_costs_no_memory() =>
        Assert.Equal(s_header.Length + 1, ColumnList.Expand("x0..x2147483647", s_header).Count);
}
