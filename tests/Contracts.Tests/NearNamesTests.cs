using Xunit;

namespace Millrace.Contracts.Tests;

public sealed class NearNamesTests
{
    [Theory]
    [InlineData("lable", "did you mean 'label'?")]
    [InlineData("scroe", "did you mean 'score'?")]
    [InlineData("SCORE", "did you mean 'score'?")]
    [InlineData("something", "there are 'label', 'score'")]
    public void What_is_close_is_asked_for_and_else_what_there_is_is_told(string name, string sentence) =>
        Assert.Equal(sentence, NearNames.Suggest(name, ["label", "score"]));

    [Fact]
    public void The_nearest_comes_first() => Assert.Equal("did you mean 'p_1' or 'p_12'?", NearNames.Suggest("p1", ["p_12", "far away", "p_1"]));

    [Theory]
    [InlineData("max_batch_sise", "there is no such key; did you mean 'max_batch_size'?")]
    [InlineData("columns", "there is no such key.")]
    public void A_name_that_is_none_is_told_with_what_it_may_have_meant(string name, string sentence) =>
        Assert.Equal(sentence, NearNames.NoSuch("key", name, ["max_batch_size", "labels"]));
}
