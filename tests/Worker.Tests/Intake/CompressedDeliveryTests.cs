using System.Text;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Intake;

/// <summary>Bodies that AMQP's <c>content_encoding</c> says are compressed.</summary>
public sealed class CompressedDeliveryTests
{
    private const string Id = "0192f0c1-7a3b-7c4d-8e5f-0123456789ab";
    private const string Anonymous = """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[0.5]}]}""";
    private const string Named = $$"""{"id":"{{Id}}","inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[0.5]}]}""";

    private readonly DeliveryReader _reader = new(Options.Create(new LimitsOptions { MaxPayloadBytes = 1024 }));

    public static TheoryData<string> Encodings => ["gzip", "deflate", "zstd", "gzip:UTF-8"];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_body_in_JSON_is_inflated_and_read(string encoding)
    {
        var reading = _reader.Read(Compressed(Named, encoding));

        Assert.True(reading.IsJob);
        Assert.Equal(new Guid(Id), reading.JobId);
        Assert.Equal([0.5f], reading.Job.Inputs[0].AsSpan<float>().ToArray());
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_body_in_the_binary_form_is_inflated_and_its_header_length_is_one_of_what_it_says(string encoding)
    {
        var body = OipFormat.WriteBinaryJob(new PredictionJob { Id = new Guid(Id), Inputs = [Tensor.Create<float>("x", [1], [0.5f])] });
        var delivery = Delivery(Compress(body.Bytes.ToArray(), encoding), encoding) with { ContentType = body.ContentType, HeaderLength = body.HeaderLength };

        var reading = _reader.Read(delivery);

        Assert.True(reading.IsJob);
        Assert.Equal([0.5f], reading.Job.Inputs[0].AsSpan<float>().ToArray());
        Assert.Equal(body.Bytes.Length, reading.Inflated!.Length);
    }

    [Fact]
    public void An_envelope_is_inflated_and_read()
    {
        var envelope = $$"""{"messageId":"{{Id}}","responseAddress":"queue:replies","message":{{Anonymous}}}""";

        var reading = _reader.Read(Compressed(envelope, "gzip") with { ContentType = MassTransitEnvelope.ContentType });

        Assert.True(reading.IsJob);
        Assert.Equal((new Guid(Id), "replies"), (reading.JobId, reading.Reply.Queue));
    }

    [Fact]
    public void A_compressed_body_behind_a_byte_order_mark_is_read() => Assert.True(_reader.Read(Compressed("\uFEFF" + Named, "gzip")).IsJob);

    [Theory]
    [InlineData("utf-8")]
    [InlineData("identity")]
    [InlineData("")]
    [InlineData(null)]
    public void What_names_no_compression_is_read_as_it_is(string? encoding) =>
        Assert.True(_reader.Read(Delivery(Encoding.UTF8.GetBytes(Named), encoding)).IsJob);

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/octet-stream")]
    [InlineData("application/vnd.masstransit+json")]
    public void Another_encoding_is_refused_by_its_name_and_its_sender_is_told(string contentType)
    {
        var reading = _reader.Read(Delivery(Encoding.UTF8.GetBytes(Named), "br") with { ContentType = contentType, ReplyTo = "replies" });

        Assert.Equal(ErrorCode.UnreadableBody, reading.Error!.Code);
        Assert.Equal("content_encoding: found 'br', expected gzip, deflate or zstd, or nothing for a body that is not compressed", reading.Error.Message);
        Assert.Equal("replies", reading.Reply.Queue);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_bomb_is_too_large_for_its_own_id(string encoding)
    {
        var reading = _reader.Read(Compressed(Named + new string(' ', 100_000), encoding));

        Assert.Equal(ErrorCode.PayloadTooLarge, reading.Error!.Code);
        Assert.Equal(new Guid(Id), reading.JobId);
        Assert.Contains("that inflate to more than 1024 (Limits:MaxPayloadBytes)", reading.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limit_counts_what_a_body_inflates_to()
    {
        Assert.True(_reader.Read(Compressed(Named.PadRight(1024), "gzip")).IsJob);
        Assert.Equal(ErrorCode.PayloadTooLarge, _reader.Read(Compressed(Named.PadRight(1025), "gzip")).Error!.Code);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_job_is_the_same_one_however_it_is_compressed(string encoding)
    {
        var plain = _reader.Read(Delivery(Encoding.UTF8.GetBytes(Anonymous), null));
        var compressed = _reader.Read(Compressed(Anonymous, encoding));

        Assert.Equal(plain.JobId, compressed.JobId);
        Assert.Equal(PayloadHash.Of(plain.Job!, "m").ToArray(), PayloadHash.Of(compressed.Job!, "m").ToArray());
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_job_that_is_rejected_is_the_same_one_however_it_is_compressed(string encoding)
    {
        var wrong = Named.Replace("0.5", "true", StringComparison.Ordinal);
        var plain = Delivery(Encoding.UTF8.GetBytes(wrong), null);
        var compressed = Compressed(wrong, encoding);

        var (first, again) = (_reader.Read(plain), _reader.Read(compressed));

        Assert.Equal((ErrorCode.InvalidValue, ErrorCode.InvalidValue), (first.Error!.Code, again.Error!.Code));
        Assert.Equal(first.JobId, again.JobId);
        Assert.Equal(first.HashOf(plain).ToArray(), again.HashOf(compressed).ToArray());
    }

    private static InboundDelivery Compressed(string body, string encoding) => Delivery(Compress(Encoding.UTF8.GetBytes(body), encoding), encoding);

    // AMQP's deflate is zlib's form, as HTTP's is.
    private static byte[] Compress(byte[] plain, string encoding) => encoding switch
    {
        "deflate" => Contracts.Tests.Wire.Compressed.Zlib(plain),
        "zstd" => Contracts.Tests.Wire.Compressed.Zstd(plain),
        _ => Contracts.Tests.Wire.Compressed.Gzip(plain),
    };

    private static InboundDelivery Delivery(byte[] body, string? encoding) => PendingJobs.Delivery() with { Body = body, ContentEncoding = encoding };
}
