using System.Text;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;
using Xunit;

namespace Millrace.Worker.Tests.Intake;

public sealed class DeliveryReaderTests
{
    private const string Id = "0192f0c1-7a3b-7c4d-8e5f-0123456789ab";
    private const string MessageId = "5e000000-2e0d-7c1e-31c6-08de60a1d6a1";
    private const string Anonymous = """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[0.5]}]}""";
    private const string Named = $$"""{"id":"{{Id}}","inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[0.5]}]}""";

    private readonly DeliveryReader _reader = new(Options.Create(new LimitsOptions { MaxPayloadBytes = 1024 }));

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("Application/JSON")]
    [InlineData("")]
    [InlineData(null)]
    public void A_body_in_JSON_is_read(string? contentType)
    {
        var reading = _reader.Read(Delivery(Named) with { ContentType = contentType, ReplyTo = "replies", CorrelationId = "c" });

        Assert.True(reading.IsJob);
        Assert.Equal(new Guid(Id), reading.JobId);
        Assert.Equal([0.5f], reading.Job.Inputs[0].AsSpan<float>().ToArray());
        Assert.Equal(new ReplyRoute("replies", "c", WireFormat.Json), reading.Reply);
    }

    [Fact]
    public void A_body_in_the_binary_form_is_read()
    {
        var body = OipFormat.WriteBinaryJob(new PredictionJob { Id = new Guid(Id), Inputs = [Tensor.Create<float>("x", [1], [0.5f])] });

        var reading = _reader.Read(Delivery(body.Bytes) with { ContentType = "application/octet-stream", HeaderLength = body.HeaderLength });

        Assert.True(reading.IsJob);
        Assert.Equal([0.5f], reading.Job.Inputs[0].AsSpan<float>().ToArray());
        Assert.Equal(WireFormat.Binary, reading.Reply.Format);
    }

    [Theory]
    [InlineData(null, null, "missing, expected the length in bytes of the JSON before the tensors")]
    [InlineData(null, "'long'", "'long', expected the length in bytes of the JSON before the tensors")]
    [InlineData(-5, null, "-5 is not a length inside the body of {0} bytes")]
    [InlineData(0, null, "0 is not a length inside the body of {0} bytes")]
    [InlineData(int.MaxValue, null, "2147483647 is not a length inside the body of {0} bytes")]
    public void A_binary_body_without_its_header_length_is_unreadable_and_says_what_stands_there(int? length, string? text, string told)
    {
        var reading = _reader.Read(Delivery(Named) with { ContentType = "application/octet-stream", HeaderLength = length, HeaderLengthText = text });

        Assert.Equal(ErrorCode.UnreadableBody, reading.Error!.Code);
        Assert.Equal(
            "header Inference-Header-Content-Length: " + string.Format(System.Globalization.CultureInfo.InvariantCulture, told, Named.Length), reading.Error.Message);
    }

    [Theory]
    [InlineData("application/json", Named, "reply_to")]
    [InlineData("application/octet-stream", Named, "reply_to")]
    [InlineData("text/csv", Named, "reply_to")]
    [InlineData("application/vnd.masstransit+json", "{}", "reply_to")]
    public void No_reply_goes_to_a_queue_of_Millrace_s_own_whatever_the_body_is(string contentType, string body, string field)
    {
        var reply = _reader.Read(Delivery(body) with { ContentType = contentType, ReplyTo = "millrace.retry.1s" }).Reply;

        Assert.Null(reply.Queue);
        Assert.StartsWith($"{field}: 'millrace.retry.1s' is a name of Millrace's own", reply.Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("queue:millrace.dead")]
    [InlineData("rabbitmq://host/vhost/millrace.dead?durable=true")]
    [InlineData("exchange:millrace%2Edead")]
    public void No_response_goes_to_one_either(string responseAddress)
    {
        var reply = _reader.Read(Delivery(Envelope(Named, responseAddress)) with { ContentType = "application/vnd.masstransit+json", ReplyTo = "mine" }).Reply;

        Assert.Null(reply.Queue);
        Assert.StartsWith("responseAddress: 'millrace.dead' is a name of Millrace's own", reply.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_correlation_id_that_cannot_be_echoed_is_left_out_of_the_reply_and_tells_jobs_apart_all_the_same()
    {
        var broken = Delivery(Anonymous) with { ReplyTo = "replies", CorrelationId = "a\uFFFDb" };
        var reading = _reader.Read(broken);

        Assert.Equal(("replies", null), (reading.Reply.Queue, reading.Reply.CorrelationId));
        Assert.StartsWith("correlation_id: left out", reading.Reply.Note, StringComparison.Ordinal);
        Assert.Null(reading.Reply.Refusal);
        Assert.NotEqual(reading.JobId, _reader.Read(broken with { CorrelationId = "b\uFFFDb" }).JobId);
    }

    [Fact]
    public void A_MassTransit_envelope_is_read_and_answered_where_it_says()
    {
        var reading = _reader.Read(Delivery(Envelope(Anonymous, "queue:replies")) with
        {
            ContentType = "application/vnd.masstransit+json",
            ReplyTo = "other",
            CorrelationId = "c",
        });

        Assert.True(reading.IsJob);
        Assert.Equal(new Guid(MessageId), reading.JobId);
        Assert.Equal("replies", reading.Reply.Queue);
        Assert.Equal("c", reading.Reply.CorrelationId);
        Assert.Equal(WireFormat.MassTransit, reading.Reply.Format);
        Assert.Equal(new Guid(MessageId), reading.Reply.Envelope!.MessageId);
    }

    [Fact]
    public void An_envelope_without_a_response_address_is_answered_by_reply_to()
    {
        var reading = _reader.Read(Delivery(Envelope(Named, null)) with { ContentType = "application/vnd.masstransit+json", ReplyTo = "other" });

        Assert.Equal("other", reading.Reply.Queue);
        Assert.Equal(new Guid(Id), reading.JobId);
    }

    [Fact]
    public void What_is_no_envelope_is_answered_in_JSON()
    {
        var reading = _reader.Read(Delivery("{}") with { ContentType = "application/vnd.masstransit+json", ReplyTo = "other" });

        Assert.False(reading.IsJob);
        Assert.Equal(ErrorCode.UnreadableBody, reading.Error.Code);
        Assert.Equal(new ReplyRoute("other", null, WireFormat.Json), reading.Reply);
    }

    [Fact]
    public void Another_content_type_is_unreadable_and_says_which_ones_are_not()
    {
        var reading = _reader.Read(Delivery(Named) with { ContentType = "text/csv", ReplyTo = "replies" });

        Assert.Equal(ErrorCode.UnreadableBody, reading.Error!.Code);
        Assert.Equal(
            "content_type: found 'text/csv', expected application/json, application/octet-stream with the header Inference-Header-Content-Length, " +
            "or application/vnd.masstransit+json",
            reading.Error.Message);
        Assert.Equal("replies", reading.Reply.Queue);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/octet-stream")]
    [InlineData("application/vnd.masstransit+json")]
    public void An_oversized_body_is_refused_before_it_is_read(string contentType)
    {
        var reading = _reader.Read(Delivery(new string('[', 1025)) with { ContentType = contentType, HeaderLength = 1025 });

        Assert.Equal(ErrorCode.PayloadTooLarge, reading.Error!.Code);
        Assert.Equal("body: 1025 bytes, expected at most 1024 (Limits:MaxPayloadBytes); send fewer rows a job", reading.Error.Message);
        Assert.True(reading.Error.IsReadable);
    }

    [Fact]
    public void The_limits_on_rank_and_depth_are_the_options()
    {
        var reader = new DeliveryReader(Options.Create(new LimitsOptions { MaxRank = 1, MaxJsonDepth = 5 }));

        Assert.True(reader.Read(Delivery(Named)).IsJob);
        Assert.Equal(ErrorCode.ShapeTooLarge, reader.Read(Delivery(Named.Replace("[1]", "[1,1]", StringComparison.Ordinal))).Error!.Code);
        Assert.Equal(ErrorCode.UnreadableBody, reader.Read(Delivery(Named.Replace("[0.5]", "[[[0.5]]]", StringComparison.Ordinal))).Error!.Code);
    }

    [Fact]
    public void A_job_without_an_id_is_the_same_job_at_every_delivery()
    {
        var first = Delivery(Anonymous) with { CorrelationId = "c", ReplyTo = "r" };

        Assert.Equal(_reader.Read(first).JobId, _reader.Read(first with { Redelivered = true, Body = Bytes(Anonymous) }).JobId);
    }

    [Fact]
    public void Messages_without_an_id_that_differ_in_anything_are_other_jobs()
    {
        var delivery = Delivery(Anonymous) with { CorrelationId = "c", ReplyTo = "r" };
        InboundDelivery[] others =
        [
            delivery,
            delivery with { CorrelationId = "d" },
            delivery with { CorrelationId = null },
            delivery with { ReplyTo = "s" },
            delivery with { ReplyTo = "c", CorrelationId = "r" },
            delivery with { MessageId = "1" },
            delivery with { Body = Bytes(Anonymous + " ") },
        ];

        Assert.Distinct(others.Select(other => _reader.Read(other).JobId));
    }

    [Fact]
    public void AMQP_s_message_id_is_the_job_s_where_it_is_a_UUID_and_the_body_names_none()
    {
        Assert.Equal(new Guid(MessageId), _reader.Read(Delivery(Anonymous) with { MessageId = MessageId }).JobId);
        Assert.Equal(new Guid(Id), _reader.Read(Delivery(Named) with { MessageId = MessageId }).JobId);
        Assert.Equal(5, _reader.Read(Delivery(Anonymous) with { MessageId = "42" }).JobId.Version);
    }

    [Fact]
    public void A_job_that_cannot_be_read_keeps_its_id_where_it_is_known()
    {
        var wrong = Named.Replace("0.5", "true", StringComparison.Ordinal);

        Assert.Equal(new Guid(Id), _reader.Read(Delivery(wrong)).JobId);
        Assert.Equal(new Guid(Id), _reader.Read(Delivery(Named + new string(' ', 1024))).JobId);
        Assert.Equal(new Guid(MessageId), _reader.Read(Delivery("?") with { MessageId = MessageId }).JobId);
        Assert.Equal(_reader.Read(Delivery("?")).JobId, _reader.Read(Delivery("?")).JobId);
    }

    private static string Envelope(string message, string? responseAddress) =>
        $$"""{"messageId":"{{MessageId}}","responseAddress":{{(responseAddress is null ? "null" : $"\"{responseAddress}\"")}},"message":{{message}}}""";

    private static byte[] Bytes(string body) => Encoding.UTF8.GetBytes(body);

    private static InboundDelivery Delivery(string body) => Delivery(Bytes(body));

    private static InboundDelivery Delivery(ReadOnlyMemory<byte> body) =>
        new() { Body = body, Redelivered = false, Settlement = new AwaitedSettlement(), QueueModel = "m", Lane = Lane.Interactive };
}
