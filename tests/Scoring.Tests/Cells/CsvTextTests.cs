using System.Buffers;
using System.Text;
using Millrace.Scoring.Cells;

namespace Millrace.Scoring.Tests.Cells;

public sealed class CsvTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a;b", "a;b")]
    [InlineData("say \"no\"", "\"say \"\"no\"\"\"")]
    [InlineData("\"", "\"\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    public void A_field_is_quoted_where_it_must_be(string text, string expected)
    {
        var target = new ArrayBufferWriter<byte>();

        CsvText.AppendField(target, text, (byte)',');

        Assert.Equal(expected, Encoding.UTF8.GetString(target.WrittenSpan));
    }
}
