using Millrace.Scoring.Mapping;

namespace Millrace.Scoring.Tests.Mapping;

public sealed class AccentedLettersTests
{
    [Theory]
    [InlineData("Gro\u0308\u00DFe", "Gr\u00F6\u00DFe")]
    // Two accents, as Vietnamese has them.
    [InlineData("e\u0323\u0302", "\u1EC7")]
    [InlineData("\u0438\u0306\u0435\u0308", "\u0439\u0451")]
    [InlineData("\u03B1\u0301", "\u03AC")]
    [InlineData("\u304B\u3099", "\u304C")]
    [InlineData("\u1112\u1161\u11AB\u1100\u1173\u11AF", "\uD55C\uAE00")]
    // An accent that makes no letter with what is before it stays, and so does half a character.
    [InlineData("q\u0308 \u0308\uD800", "q\u0308 \u0308\uD800")]
    [InlineData("\uD83D\uDE00e\u0301", "\uD83D\uDE00\u00E9")]
    public void A_letter_and_its_accents_are_one(string pieces, string whole)
    {
        Assert.Equal(whole, AccentedLetters.Composed(pieces));
        Assert.Equal(whole, AccentedLetters.Composed(whole));
    }
}
