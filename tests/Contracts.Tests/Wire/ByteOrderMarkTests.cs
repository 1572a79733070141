using System.Text;
using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

/// <summary>A byte order mark before UTF-8, as many programs of Windows write one.</summary>
public sealed class ByteOrderMarkTests
{
    private const string Id = "0192f0c1-7a3b-7c4d-8e5f-0123456789ab";
    private const string Job = $$"""{"id":"{{Id}}","inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[0.5]}]}""";

    [Fact]
    public void A_request_in_JSON_is_read_behind_it()
    {
        Assert.True(OipFormat.TryReadJob(Marked(Job), new WireLimits(), out var job, out _));

        Assert.Equal(new Guid(Id), job.Id);
        Assert.Equal([0.5f], job.Inputs[0].AsSpan<float>().ToArray());
    }

    [Fact]
    public void The_header_of_a_binary_request_is_read_behind_it()
    {
        var header = Marked("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}""");

        Assert.True(OipFormat.TryReadBinaryJob((byte[])[.. header, 0, 0, 0, 0x3F], header.Length, new WireLimits(), out var job, out _));

        Assert.Equal([0.5f], job.Inputs[0].AsSpan<float>().ToArray());
    }

    [Fact]
    public void An_envelope_is_read_behind_it()
    {
        Assert.True(MassTransitEnvelope.TryRead(Marked($$"""{"messageId":"{{Id}}","message":{{Job}}}"""), new WireLimits(), out var envelope, out _));

        Assert.Equal(new Guid(Id), envelope.MessageId);
        Assert.True(OipFormat.TryReadJob(envelope.Message, new WireLimits(), out _, out _));
    }

    [Fact]
    public void A_response_is_read_behind_it() => Assert.Equal(new Guid(Id), OipFormat.ReadResult(Marked($$"""{"id":"{{Id}}","outputs":[]}""")).Id);

    [Fact]
    public void The_id_of_a_request_that_is_too_large_is_found_behind_it() => Assert.Equal(new Guid(Id), OipFormat.FindId(Marked(Job)));

    [Fact]
    public void One_alone_is_an_empty_body()
    {
        Assert.False(OipFormat.TryReadJob(Marked(""), new WireLimits(), out _, out var error));

        Assert.Equal(ErrorCode.UnreadableBody, error.Code);
    }

    private static byte[] Marked(string text) => [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)];
}
