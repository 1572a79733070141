using System.Text;
using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

public sealed class ShortTextTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("text")]
    public void What_fits_stays(string? text) => Assert.Same(text, ShortText.Cut(text));

    [Fact]
    public void The_limit_is_in_bytes()
    {
        Assert.True(ShortText.Fits(new string('a', 255)));
        Assert.False(ShortText.Fits(new string('a', 256)));
        Assert.True(ShortText.Fits(new string('é', 127)));
        Assert.False(ShortText.Fits(new string('é', 128)));
    }

    [Theory]
    [InlineData("\uFFFD")]
    [InlineData("é")]
    [InlineData("😀")]
    [InlineData("a")]
    [InlineData("\uD800")]
    public void What_does_not_fit_is_cut_at_a_character_is_never_taken_for_whole_and_stays_as_it_is_from_then_on(string unit)
    {
        var cut = ShortText.Cut(string.Concat(Enumerable.Repeat(unit, 300)))!;

        Assert.InRange(Encoding.UTF8.GetByteCount(cut), 250, 255);
        Assert.False(ShortText.IsIntact(cut));
        Assert.Same(cut, ShortText.Cut(cut));
        Assert.StartsWith(unit, cut, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_of_bytes_that_are_no_UTF_8_is_not_intact()
    {
        Assert.False(ShortText.IsIntact(Encoding.UTF8.GetString([0x61, 0xFF])));
        Assert.True(ShortText.IsIntact("añ😀"));
        Assert.True(ShortText.IsIntact(null));
    }
}
