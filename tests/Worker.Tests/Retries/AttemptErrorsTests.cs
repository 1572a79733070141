using Millrace.Worker.Retries;
using Xunit;

namespace Millrace.Worker.Tests.Retries;

public sealed class AttemptErrorsTests
{
    [Fact]
    public void Tells_every_attempts_error_in_one_line()
    {
        var text = AttemptErrors.Add(null, 1, "no such\nindex\n");
        text = AttemptErrors.Add(text, 2, "out of memory");
        Assert.Equal("attempt 1: no such index; attempt 2: out of memory", text);
    }

    [Fact]
    public void Stays_bounded_and_cuts_no_character_in_two()
    {
        string? text = null;
        for (var attempt = 1; attempt <= 1000; attempt++)
        {
            text = AttemptErrors.Add(text, attempt, string.Concat(Enumerable.Repeat("😀x", 1000)));
            Assert.True(text.Length < 11_000);
            Assert.Equal(text, System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)));
        }

        Assert.Contains("attempt 20: ", text, StringComparison.Ordinal);
        Assert.Contains("…; attempt 1000: ", text, StringComparison.Ordinal);
    }
}
