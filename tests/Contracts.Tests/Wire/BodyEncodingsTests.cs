using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

public sealed class BodyEncodingsTests
{
    [Theory]
    [InlineData(null, "identity")]
    [InlineData("", "identity")]
    [InlineData("identity", "identity")]
    [InlineData("utf-8", "identity")]
    [InlineData("UTF-8", "identity")]
    [InlineData("binary", "identity")]
    [InlineData("gzip", "gzip")]
    [InlineData("GZIP", "gzip")]
    [InlineData("x-gzip", "gzip")]
    [InlineData(" gzip ", "gzip")]
    [InlineData("gzip:UTF-8", "gzip")]
    [InlineData("gzip, utf-8", "gzip")]
    [InlineData("deflate", "deflate")]
    [InlineData("identity, zstd", "zstd")]
    public void What_clients_write_there_names_one_compression_or_none(string? written, string expected)
    {
        Assert.Null(BodyEncodings.Read(written, out var encoding));
        Assert.Equal(expected, BodyEncodings.Name(encoding));
    }

    [Theory]
    [InlineData("br")]
    [InlineData("zip")]
    [InlineData("utf-16")]
    [InlineData("gzip, br")]
    public void Any_other_is_refused_by_its_name(string written)
    {
        var error = BodyEncodings.Read(written, out _);

        Assert.Equal(ErrorCode.UnreadableBody, error!.Code);
        Assert.Equal($"content_encoding: found '{written}', expected gzip, deflate or zstd, or nothing for a body that is not compressed", error.Message);
    }

    [Theory]
    [InlineData("gzip, gzip")]
    [InlineData("gzip:zstd")]
    [InlineData("deflate,utf-8,gzip")]
    public void Several_compressions_are_refused(string written)
    {
        var error = BodyEncodings.Read(written, out _);

        Assert.Equal(ErrorCode.UnreadableBody, error!.Code);
        Assert.Equal($"content_encoding: found '{written}', which compresses more than once, expected one of gzip, deflate and zstd", error.Message);
    }

    [Fact]
    public void A_long_one_is_told_shortened() =>
        Assert.InRange(BodyEncodings.Read(new string('x', 255), out _)!.Message.Length, 100, 250);
}
