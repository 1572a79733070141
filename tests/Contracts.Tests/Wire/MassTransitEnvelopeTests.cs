using System.Text;
using System.Text.Json;
using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

public sealed class MassTransitEnvelopeTests
{
    private static readonly WireLimits s_limits = new();

    /// <summary>The fields and their order are those of a message that MassTransit 8.4.0 put on the wire.</summary>
    private const string Request = """
        {
          "messageId": "5e000000-2e0d-7c1e-31c6-08de60a1d6a1",
          "requestId": "5e000000-2e0d-7c1e-7d5d-08de60a1d69f",
          "correlationId": null,
          "conversationId": "5e000000-2e0d-7c1e-3a2b-08de60a1d6a1",
          "initiatorId": null,
          "sourceAddress": "rabbitmq://localhost/host_bus_1?temporary=true",
          "destinationAddress": "rabbitmq://localhost/millrace.digits",
          "responseAddress": "rabbitmq://localhost/team%2Fa/host_bus_1?temporary=true",
          "faultAddress": null,
          "messageType": [ "urn:message:Millrace.Contracts:PredictionJob" ],
          "message": { "inputs": [ { "name": "x", "shape": [1], "datatype": "FP32", "data": [0.5] } ] },
          "expirationTime": null,
          "sentTime": "2026-01-31T12:00:00.0000000Z",
          "headers": {},
          "host": { "machineName": "m", "processId": 1 }
        }
        """;

    [Fact]
    public void What_a_response_needs_is_read_of_a_request()
    {
        var envelope = Read(Request);

        Assert.Equal(new Guid("5e000000-2e0d-7c1e-31c6-08de60a1d6a1"), envelope.MessageId);
        Assert.Equal(new Guid("5e000000-2e0d-7c1e-7d5d-08de60a1d69f"), envelope.RequestId);
        Assert.Equal("5e000000-2e0d-7c1e-3a2b-08de60a1d6a1", envelope.ConversationId);
        Assert.Equal("host_bus_1", envelope.ResponseQueue);
        Assert.True(OipFormat.TryReadJob(envelope.Message, s_limits, out var job, out _));
        Assert.Equal([0.5f], job.Inputs[0].AsSpan<float>().ToArray());
    }

    [Theory]
    [InlineData("rabbitmq://localhost/vhost/replies?temporary=true", "replies")]
    [InlineData("rabbitmq://localhost/replies", "replies")]
    [InlineData("rabbitmqs://user@host:5671/v/re%20plies?autodelete=true&expires=60000", "re plies")]
    [InlineData("loopback://localhost/replies", "replies")]
    [InlineData("queue:replies", "replies")]
    [InlineData("queue:replies?durable=false", "replies")]
    [InlineData("exchange:amq.gen-Xy_-1", "amq.gen-Xy_-1")]
    [InlineData("rabbitmq://localhost/vhost/", null)]
    [InlineData("queue:", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_response_address_names_a_queue(string? address, string? queue) =>
        Assert.Equal(queue, new MassTransitEnvelope { ResponseAddress = address }.ResponseQueue);

    [Fact]
    public void A_response_repeats_the_request_s_ids_and_carries_the_result()
    {
        var messageId = new Guid("0192f0c1-7a3b-7c4d-8e5f-0123456789ab");
        var result = new PredictionResult
        {
            Id = messageId,
            ModelName = "digits",
            ModelVersion = "1",
            Status = JobStatus.Succeeded,
            Outputs = [Tensor.Create("label", [1], ["7"])],
        };

        var body = Read(Request).Respond(result, messageId);

        Assert.Equal("application/vnd.masstransit+json", body.ContentType);
        Assert.Null(body.HeaderLength);
        Assert.Equal(
            """
            {"messageId":"0192f0c1-7a3b-7c4d-8e5f-0123456789ab","requestId":"5e000000-2e0d-7c1e-7d5d-08de60a1d69f",
            "conversationId":"5e000000-2e0d-7c1e-3a2b-08de60a1d6a1","messageType":["urn:message:Millrace.Contracts:PredictionResult"],
            "message":{"model_name":"digits","model_version":"1","id":"0192f0c1-7a3b-7c4d-8e5f-0123456789ab",
            "outputs":[{"name":"label","shape":[1],"datatype":"BYTES","data":["7"]}]}}
            """.ReplaceLineEndings(""),
            Encoding.UTF8.GetString(body.Bytes.Span));
    }

    [Fact]
    public void A_response_to_an_envelope_without_ids_has_none()
    {
        var body = new MassTransitEnvelope().Respond(
            new PredictionResult { Status = JobStatus.Expired, Code = ErrorCode.DeadlineExceeded, Error = "late" }, Guid.Empty);

        using var json = JsonDocument.Parse(body.Bytes);
        Assert.Equal(["messageId", "messageType", "message"], json.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal("expired", json.RootElement.GetProperty("message").GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("""{"message":{}}""")]
    [InlineData("""{"messageId":"no uuid","requestId":7,"conversationId":{"a":[1]},"responseAddress":[1],"message":{}}""")]
    public void Ids_and_addresses_that_are_none_are_as_good_as_absent(string body)
    {
        var envelope = Read(body);

        Assert.Null(envelope.MessageId);
        Assert.Null(envelope.RequestId);
        Assert.Null(envelope.ConversationId);
        Assert.Null(envelope.ResponseQueue);
        Assert.Equal("{}", Encoding.UTF8.GetString(envelope.Message.Span));
    }

    [Fact]
    public void The_message_may_be_as_deep_as_a_body_and_no_deeper()
    {
        static string Envelope(int depth) => $$$"""{"message":{"x":{{{new string('[', depth - 1)}}}{{{new string(']', depth - 1)}}}}}""";

        Read(Envelope(16));
        Refuses(Envelope(17), "body: not readable as a MassTransit envelope: ");
    }

    [Theory]
    [InlineData("", "body: not readable as a MassTransit envelope: ")]
    [InlineData("hello", "body: not readable as a MassTransit envelope: ")]
    [InlineData("""{"message":{""", "body: not readable as a MassTransit envelope: ")]
    [InlineData("""{"message":{}} x""", "body: not readable as a MassTransit envelope: ")]
    [InlineData("""{"\ud800":1,"message":{}}""", "body: not readable as a MassTransit envelope: body: a field's name is not valid UTF-8 or UTF-16")]
    [InlineData("""{"conversationId":"\ud800","message":{}}""", "body: not readable as a MassTransit envelope: conversationId: the string is not valid UTF-8 or UTF-16")]
    [InlineData("[]", "body: a MassTransit envelope whose message is missing or no object")]
    [InlineData("{}", "body: a MassTransit envelope whose message is missing or no object")]
    [InlineData("""{"message":null}""", "body: a MassTransit envelope whose message is missing or no object")]
    [InlineData("""{"message":"x"}""", "body: a MassTransit envelope whose message is missing or no object")]
    [InlineData("""{"message":[{}]}""", "body: a MassTransit envelope whose message is missing or no object")]
    public void What_is_no_envelope_is_unreadable(string body, string start) => Refuses(body, start);

    [Theory]
    [InlineData("conversationId")]
    [InlineData("responseAddress")]
    public void What_the_response_would_repeat_may_not_be_long(string field) => Refuses(
        $$$"""{"{{{field}}}":"{{{new string('x', 2_001)}}}","message":{}}""",
        $"body: not readable as a MassTransit envelope: {field}: 2001 characters, expected at most 2000");

    private static MassTransitEnvelope Read(string body)
    {
        Assert.True(MassTransitEnvelope.TryRead(Encoding.UTF8.GetBytes(body), s_limits, out var envelope, out var error), error?.Message);
        return envelope;
    }

    private static void Refuses(string body, string start)
    {
        Assert.False(MassTransitEnvelope.TryRead(Encoding.UTF8.GetBytes(body), s_limits, out _, out var error));
        Assert.Equal(ErrorCode.UnreadableBody, error.Code);
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
    }
}
