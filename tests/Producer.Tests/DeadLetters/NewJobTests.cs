using System.Text;
using System.Text.Json;
using Millrace.Contracts.Wire;
using Millrace.Producer.DeadLetters;
using Millrace.TestKit;
using RabbitMQ.Client;

namespace Millrace.Producer.Tests.DeadLetters;

public sealed class NewJobTests
{
    private static readonly Guid s_old = Guid.Parse("0192f0c1-7a3b-7c4d-8e5f-0123456789ab");
    private static readonly Guid s_new = Guid.Parse("0192f0c1-7a3b-7c4d-8e5f-ba9876543210");

    private static readonly PredictionJob s_job = new()
    {
        Id = s_old,
        ModelName = SumModel.Name,
        Inputs = [Tensor.Create<float>("x", [1, 2], [1, 2])],
    };

    [Fact]
    public void A_json_request_keeps_all_but_its_id()
    {
        const string Given = """{"model_name":"sum","id":"old","parameters":{"exact":1.00000000000000000001},"inputs":[]}""";

        Assert.True(NewJob.TryRename(Json(Given), s_new, out var renamed));

        Assert.Equal(
            $$"""{"id":"{{s_new}}","model_name":"sum","parameters":{"exact":1.00000000000000000001},"inputs":[]}""",
            Encoding.UTF8.GetString(renamed.Bytes.Span));
    }

    [Fact]
    public void A_binary_request_keeps_its_tensors_and_says_where_they_begin()
    {
        Assert.True(NewJob.TryRename(OipFormat.WriteBinaryJob(s_job), s_new, out var renamed));

        Assert.True(OipFormat.TryReadBinaryJob(renamed.Bytes, renamed.HeaderLength!.Value, new WireLimits(), out var job, out _));
        Assert.Equal(s_new, job.Id);
        Assert.Equal(s_job.Inputs[0].Data.ToArray(), job.Inputs[0].Data.ToArray());
    }

    [Fact]
    public void An_envelope_and_its_message_get_the_id_and_keep_the_way_back()
    {
        var given = $$$"""{"messageId":"{{{s_old}}}","requestId":"{{{s_old}}}","responseAddress":"rabbitmq://h/q","message":{"id":"{{{s_old}}}","model_name":"sum","inputs":[]}}""";

        Assert.True(NewJob.TryRename(new WireBody(Encoding.UTF8.GetBytes(given), MassTransitEnvelope.ContentType), s_new, out var renamed));

        Assert.True(MassTransitEnvelope.TryRead(renamed.Bytes, new WireLimits(), out var envelope, out _));
        Assert.Equal((s_new, s_old, "q"), (envelope.MessageId, envelope.RequestId, envelope.ResponseQueue));
        Assert.Equal(s_new, JsonDocument.Parse(envelope.Message).RootElement.GetProperty("id").GetGuid());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public void A_compressed_request_is_compressed_as_before(string encoding)
    {
        var compressed = PlainBody.Compress(OipFormat.WriteJob(s_job), encoding);

        Assert.True(NewJob.TryRename(compressed, s_new, out var renamed));

        Assert.Equal(encoding, renamed.ContentEncoding);
        Assert.False(OipFormat.TryReadJob(renamed.Bytes, new WireLimits(), out _, out _));
        Assert.Null(PlainBody.Read(renamed, out var plain));
        Assert.True(OipFormat.TryReadJob(plain.Bytes, new WireLimits(), out var job, out _));
        Assert.Equal(s_new, job.Id);
        Assert.Equal(s_job.Inputs[0].Data.ToArray(), job.Inputs[0].Data.ToArray());
    }

    [Fact]
    public void A_request_behind_a_byte_order_mark_is_renamed() => Assert.True(NewJob.TryRename(Json("\uFEFF{\"inputs\":[]}"), s_new, out _));

    [Fact]
    public void What_is_compressed_in_a_way_that_is_not_known_cannot_be_renamed() =>
        Assert.False(NewJob.TryRename(OipFormat.WriteJob(s_job) with { ContentEncoding = "br" }, s_new, out _));

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("")]
    public void What_is_no_request_cannot_be_renamed(string body) => Assert.False(NewJob.TryRename(Json(body), s_new, out _));

    [Fact]
    public void A_header_length_outside_the_body_is_no_request() =>
        Assert.False(NewJob.TryRename(new WireBody("{}"u8.ToArray(), OipFormat.BinaryContentType, 3), s_new, out _));

    [Fact]
    public void The_same_dead_letter_always_becomes_the_same_job_and_a_later_death_another_one()
    {
        var letter = new DeadLetter
        {
            DeliveryTag = 1,
            Reason = "rejected",
            RoutingKey = "sum",
            JobId = s_old,
            HasRow = true,
            DiedAt = DateTimeOffset.UnixEpoch,
            Properties = new BasicProperties(),
            Body = default,
        };

        Assert.Equal(NewJob.IdOf(letter), NewJob.IdOf(letter with { DeliveryTag = 7 }));
        Assert.NotEqual(NewJob.IdOf(letter), NewJob.IdOf(letter with { DiedAt = DateTimeOffset.UnixEpoch.AddSeconds(1) }));
        Assert.NotEqual(s_old, NewJob.IdOf(letter));
    }

    private static WireBody Json(string text) => new(Encoding.UTF8.GetBytes(text), OipFormat.JsonContentType);
}
