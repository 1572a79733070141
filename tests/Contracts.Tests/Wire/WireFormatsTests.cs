using System.Text;
using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

public sealed class WireFormatsTests
{
    public static TheoryData<object?, int?, int?, string> Values() => new()
    {
        { 12, 12, 12, "'12'" },
        { -5, -5, null, "'-5'" },
        { (sbyte)-5, -5, null, "'-5'" },
        { (ushort)7, 7, 7, "'7'" },
        { 5_000_000_000L, null, null, "'5000000000'" },
        { "12"u8.ToArray(), 12, 12, "'12'" },
        { "-5"u8.ToArray(), -5, null, "'-5'" },
        { "long"u8.ToArray(), null, null, "'long'" },
        { Encoding.UTF8.GetBytes(new string('9', 1000)), null, null, $"'{new string('9', 40)}…'" },
        { 1.5, null, null, "'1.5'" },
        { true, null, null, "'True'" },
        { null, null, null, "'no value'" },
        { new List<object?>(), null, null, "'a table or a list'" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_header_length_is_read_and_told_as_what_it_is(object? value, int? length, int? number, string text)
    {
        var headers = new Dictionary<string, object?>(StringComparer.Ordinal) { [OipFormat.HeaderLengthHeader] = value };

        Assert.Equal(length, WireFormats.HeaderLength(headers));
        Assert.Equal(number, WireFormats.Number(headers, OipFormat.HeaderLengthHeader));
        Assert.Equal(text, WireFormats.Describe(headers, OipFormat.HeaderLengthHeader));
    }

    [Fact]
    public void A_header_that_is_missing_is_nothing()
    {
        Assert.Null(WireFormats.HeaderLength(null));
        Assert.Null(WireFormats.Describe(new Dictionary<string, object?>(StringComparer.Ordinal), OipFormat.HeaderLengthHeader));
    }
}
