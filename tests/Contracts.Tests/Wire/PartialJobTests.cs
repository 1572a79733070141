using System.Text;
using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

/// <summary>What is read of a job that asks with <c>partial</c>, and what its reply says of its bad rows.</summary>
public sealed class PartialJobTests
{
    private const string Asks = """ "parameters":{"partial":true} """;

    [Fact]
    public void An_element_that_is_no_value_makes_its_row_bad_and_no_other()
    {
        var job = Read($$"""{"inputs":[{"name":"x","shape":[3,2],"datatype":"UINT8","data":[1,2,3,300,[5,6]]}],{{Asks}}}""");

        Assert.True(job.IsPartial);
        Assert.Equal([new RowError(1, ErrorCode.InvalidValue, "inputs[0] 'x'.data[3]: 300 is not a value of UINT8")], job.RowFaults);
        Assert.Equal([1, 2, 3, 0, 5, 6], job.Inputs[0].Data.ToArray());
    }

    [Fact]
    public void Whatever_stands_in_the_place_of_an_element_is_passed_over()
    {
        var job = Read(
            $$"""
            {"inputs":[{"name":"x","shape":[4],"datatype":"FP32","data":[null,{"a":[1,{}]},"seven",7]},
                       {"name":"t","shape":[4,1],"datatype":"BYTES","data":["a","\ud800",null,["é"]]}],{{Asks}}}
            """);

        Assert.Equal(
            [
                new RowError(0, ErrorCode.InvalidValue, "inputs[0] 'x'.data[0]: null is not a value of FP32"),
                new RowError(1, ErrorCode.InvalidValue, "inputs[0] 'x'.data[1]: an object is not a value of FP32"),
                new RowError(2, ErrorCode.InvalidValue, "inputs[0] 'x'.data[2]: \"seven\" is not a value of FP32"),
            ],
            job.RowFaults);
        Assert.Equal([0, 0, 0, 7f], job.Inputs[0].AsSpan<float>().ToArray());
        Assert.Equal(["a", "", "", "é"], job.Inputs[1].ToStrings());
    }

    [Fact]
    public void Text_that_is_not_UTF_8_makes_its_row_bad_in_a_binary_section_and_in_JSON()
    {
        var header = Encoding.UTF8.GetBytes(
            $$$"""{"inputs":[{"name":"x","shape":[3],"datatype":"BYTES","parameters":{"binary_data_size":14}}],{{{Asks}}}}""");
        byte[] body = [.. header, 1, 0, 0, 0, 65, 1, 0, 0, 0, 0xFF, 0, 0, 0, 0];
        Assert.True(OipFormat.TryReadBinaryJob(body, header.Length, new WireLimits(), out var binary, out var error), error?.Message);
        Assert.Equal([new RowError(1, ErrorCode.InvalidValue, "inputs[0] 'x': element 1 is not UTF-8, expected texts in UTF-8")], binary.RowFaults);

        byte[] raw = [.. "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"BYTES\",\"data\":[\"a\",\""u8, 0xFF, .. "\"]}],\"parameters\":{\"partial\":true}}"u8];
        Assert.True(OipFormat.TryReadJob(raw, new WireLimits(), out var json, out error), error?.Message);
        Assert.Equal([new RowError(1, ErrorCode.InvalidValue, "inputs[0] 'x'.data[1]: the string is not valid UTF-8 or UTF-16")], json.RowFaults);
    }

    [Fact]
    public void A_BOOL_of_neither_0_nor_1_makes_its_row_bad()
    {
        var header = Encoding.UTF8.GetBytes(
            $$$"""{"inputs":[{"name":"x","shape":[2,2],"datatype":"BOOL","parameters":{"binary_data_size":4}}],{{{Asks}}}}""");
        Assert.True(OipFormat.TryReadBinaryJob((byte[])[.. header, 0, 1, 1, 7], header.Length, new WireLimits(), out var job, out _));
        Assert.Equal(1, Assert.Single(job.RowFaults).Row);
    }

    [Theory]
    [InlineData("""[1,2,300]""", "inputs[0] 'x'.data: the shape asks for 4 elements, found 3")]
    [InlineData("""[1,2,300,4,5]""", "inputs[0] 'x'.data: the shape asks for 4 elements, found 5")]
    public void Elements_that_do_not_add_up_are_no_row_s_fault(string data, string message)
    {
        Assert.False(TryRead($$"""{"inputs":[{"name":"x","shape":[4],"datatype":"UINT8","data":{{data}}}],{{Asks}}}""", out _, out var error));
        Assert.Equal((ErrorCode.DataLengthMismatch, message), (error.Code, error.Message));
    }

    [Theory]
    [InlineData("")]
    [InlineData(""","parameters":{"partial":false}""")]
    [InlineData(""","parameters":{"partial":"true"}""")]
    [InlineData(""","parameters":{"partial":1}""")]
    public void Who_does_not_ask_is_told_of_the_first_fault_alone(string parameters)
    {
        Assert.False(TryRead($$"""{"inputs":[{"name":"x","shape":[2],"datatype":"UINT8","data":[300,1]}]{{parameters}}}""", out _, out var error));
        Assert.Equal((ErrorCode.InvalidValue, "inputs[0] 'x'.data[0]: 300 is not a value of UINT8"), (error.Code, error.Message));
    }

    /// <summary>A caller chooses how many rows are bad. What their texts take is bounded.</summary>
    [Fact]
    public void Texts_of_bad_rows_share_a_length()
    {
        const int rows = 20_000;
        var job = Read($$"""{"inputs":[{"name":"x","shape":[{{rows}}],"datatype":"UINT8","data":[{{string.Join(',', Enumerable.Repeat("300", rows))}}]}],{{Asks}}}""");

        Assert.Equal(rows, job.RowFaults.Count);
        Assert.InRange(job.RowFaults.Sum(error => error.Error == RowErrorList.Shortest ? 0 : Encoding.UTF8.GetByteCount(error.Error)), 60_000, RowErrorList.MaxTextBytes);
        Assert.All(job.RowFaults, error => Assert.InRange(error.Error.Length, 1, RowErrorList.MaxTextLength + 1));
        var reply = OipFormat.WriteResult(new PredictionResult { Status = JobStatus.Succeeded, RowErrors = job.RowFaults });
        Assert.InRange(reply.Bytes.Length, rows * 40, (rows * 80) + (2 * RowErrorList.MaxTextBytes));
    }

    [Fact]
    public void More_bad_rows_than_are_kept_reject_the_job()
    {
        const int rows = 70_000;
        var data = string.Join(',', Enumerable.Repeat("\"a\"", rows));
        Assert.False(TryRead($$"""{"inputs":[{"name":"x","shape":[{{rows}}],"datatype":"UINT8","data":[{{data}}]}],{{Asks}}}""", out _, out var error));
        Assert.Equal("inputs[0] 'x'.data[65536]: \"a\" is not a value of UINT8", error.Message);
    }

    [Fact]
    public void Row_errors_stand_behind_the_outputs_and_are_read_again()
    {
        var result = new PredictionResult
        {
            Status = JobStatus.Succeeded,
            Outputs = [Tensor.Create<float>("y", [1], [0.5f])],
            RowErrors = [new RowError(0, ErrorCode.InferenceFailed, "index \"9\" of 5"), new RowError(2, ErrorCode.InvalidValue, "é")],
        };
        const string errors = """ "row_errors":[{"row":0,"code":"inference_failed","error":"index \"9\" of 5"},{"row":2,"code":"invalid_value","error":"é"}] """;

        var json = OipFormat.WriteResult(result);
        Assert.Equal(
            $$"""{"outputs":[{"name":"y","shape":[1],"datatype":"FP32","data":[0.5]}],{{errors.Trim()}}}""", Encoding.UTF8.GetString(json.Bytes.Span));
        Same.Results(result, OipFormat.ReadResult(json.Bytes));

        var binary = OipFormat.WriteBinaryResult(result);
        Same.Results(result, OipFormat.ReadBinaryResult(binary.Bytes, binary.HeaderLength!.Value));
    }

    [Fact]
    public void An_error_names_its_rows_too()
    {
        var result = new PredictionResult
        {
            Status = JobStatus.Failed,
            Code = ErrorCode.InferenceFailed,
            Error = "attempt 1: no",
            RowErrors = [new RowError(0, ErrorCode.InferenceFailed, "no")],
        };

        Same.Results(result, OipFormat.ReadResult(OipFormat.WriteResult(result).Bytes));
    }

    [Fact]
    public void A_reply_without_bad_rows_says_nothing_of_them()
    {
        var reply = OipFormat.WriteResult(new PredictionResult { Status = JobStatus.Succeeded });

        Assert.Equal("""{"outputs":[]}""", Encoding.UTF8.GetString(reply.Bytes.Span));
    }

    [Theory]
    [InlineData("""{"row_errors":{}}""", "row_errors: expected an array, found an object")]
    [InlineData("""{"row_errors":[7]}""", "row_errors[0]: expected an object, found a number")]
    [InlineData("""{"row_errors":[{"row":-1,"code":"x"}]}""", "row_errors[0]: expected an object with row, a number from 0, and code")]
    [InlineData("""{"row_errors":[{"row":1}]}""", "row_errors[0]: expected an object with row, a number from 0, and code")]
    public void Row_errors_that_are_none_are_a_format_fault(string body, string message) => Assert.Equal(
        $"Not a response of the Open Inference Protocol: {message}",
        Assert.Throws<FormatException>(() => OipFormat.ReadResult(Encoding.UTF8.GetBytes(body))).Message);

    private static PredictionJob Read(string body)
    {
        Assert.True(TryRead(body, out var job, out var error), error?.Message);
        return job;
    }

    private static bool TryRead(string body, out PredictionJob job, out WireError error) =>
        OipFormat.TryReadJob(Encoding.UTF8.GetBytes(body), new WireLimits(), out job, out error);
}
