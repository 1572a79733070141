using System.Text;
using System.Text.Json;
using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

public sealed class ResultReaderTests
{
    [Fact]
    public void An_answer_with_an_error_and_no_status_has_failed()
    {
        var result = OipFormat.ReadResult("""{"error":"out of memory"}"""u8.ToArray());

        Assert.Equal(JobStatus.Failed, result.Status);
        Assert.Equal("out of memory", result.Error);
        Assert.Null(result.Code);
    }

    [Fact]
    public void An_answer_of_another_server_s_is_read_by_the_protocol_s_fields()
    {
        var result = OipFormat.ReadResult("""
            {"id":"42","model_name":"m","parameters":{"x":1},"outputs":[{"name":"y","datatype":"INT64","shape":[1],"data":[3],"parameters":{}}]}
            """u8.ToArray());

        Assert.Null(result.Id);
        Assert.Equal(JobStatus.Succeeded, result.Status);
        Assert.Equal([3L], Assert.Single(result.Outputs).AsSpan<long>().ToArray());
    }

    /// <summary>A model's outputs may have more dimensions than an input is allowed.</summary>
    [Fact]
    public void An_output_may_have_any_rank() =>
        Assert.Equal(
            9,
            OipFormat.ReadResult("""{"outputs":[{"name":"y","datatype":"BOOL","shape":[1,1,1,1,1,1,1,1,1],"data":[true]}]}"""u8.ToArray()).Outputs[0].Shape.Count);

    [Theory]
    [InlineData("", "Not a response of the Open Inference Protocol: ")]
    [InlineData("[]", "Not a response of the Open Inference Protocol: body: expected a JSON object")]
    [InlineData("""{"outputs":[]""", "Not a response of the Open Inference Protocol: ")]
    [InlineData("""{"outputs":[]} x""", "Not a response of the Open Inference Protocol: ")]
    [InlineData("""{"outputs":7}""", "Not a response of the Open Inference Protocol: outputs: expected an array, found a number")]
    [InlineData("""{"outputs":["y"]}""", "Not a response of the Open Inference Protocol: outputs[0]: expected an object, found a string")]
    [InlineData("""{"outputs":[{"name":"y","datatype":"BOOL","shape":[1],"data":[1]}]}""", "Not a response of the Open Inference Protocol: outputs[0] 'y'.data[0]: 1 is not a value of BOOL")]
    [InlineData("""{"error":"\ud800"}""", "Not a response of the Open Inference Protocol: error: the string is not valid UTF-8 or UTF-16")]
    [InlineData("""{"\ud800":1}""", "Not a response of the Open Inference Protocol: body: a field's name is not valid UTF-8 or UTF-16")]
    public void What_is_no_answer_is_a_format_fault(string body, string start) =>
        Assert.StartsWith(
            start, Assert.Throws<FormatException>(() => OipFormat.ReadResult(Encoding.UTF8.GetBytes(body))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "header Inference-Header-Content-Length: 0 is not a length inside the body of 20 bytes")]
    [InlineData(21, "header Inference-Header-Content-Length: 21 is not a length inside the body of 20 bytes")]
    [InlineData(14, "Not a response of the Open Inference Protocol: body: the binary section has 6 bytes, the outputs' binary_data_size name 0")]
    public void A_binary_answer_whose_lengths_do_not_add_up_is_a_format_fault(int headerLength, string message) =>
        Assert.Equal(
            message,
            Assert.Throws<FormatException>(() => OipFormat.ReadBinaryResult("{\"outputs\":[]}123456"u8.ToArray(), headerLength)).Message);

    [Fact]
    public void System_Text_Json_gets_its_own_kind_of_fault()
    {
        var job = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<PredictionJob>("""{"inputs":[3]}"""));
        var result = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<PredictionResult>("""{"outputs":7}"""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<PredictionJob>("""{"model_name":"\ud800"}"""));

        Assert.StartsWith("inputs[0]: expected an object, found a number", job.Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "Not a response of the Open Inference Protocol: outputs: expected an array, found a number", result.Message, StringComparison.Ordinal);
    }
}
