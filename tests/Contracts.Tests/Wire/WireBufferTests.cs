using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

public sealed class WireBufferTests
{
    [Fact]
    public void A_body_stays_what_it_is_when_the_next_one_is_written()
    {
        var first = OipFormat.WriteResult(Result("first"));
        var before = first.Bytes.ToArray();
        OipFormat.WriteResult(Result("another, and longer"));
        Assert.Equal(before, first.Bytes.ToArray());
    }

    [Fact]
    public void A_body_that_could_not_be_written_leaves_nothing_to_the_next()
    {
        Assert.ThrowsAny<Exception>(() => OipFormat.WriteResult(Result("x") with { Outputs = [null!] }));
        Assert.Equal("x", OipFormat.ReadResult(OipFormat.WriteResult(Result("x")).Bytes).ModelName);
    }

    private static PredictionResult Result(string model) => new() { Status = JobStatus.Succeeded, ModelName = model };
}
