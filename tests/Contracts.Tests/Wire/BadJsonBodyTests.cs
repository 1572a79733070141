using System.Text;
using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

/// <summary>Each kind of bad body has its own code, and its message names the field, what was found and what was expected.</summary>
public sealed class BadJsonBodyTests
{
    private static readonly WireLimits s_limits = new();

    /// <summary>What follows the position is the JSON library's own sentence.</summary>
    [Theory]
    [InlineData("", "body: not readable as JSON at line 1, byte 1: The input does not contain any JSON tokens.")]
    [InlineData("hello", "body: not readable as JSON at line 1, byte 1: 'h' is an invalid start of a value.")]
    [InlineData("{\n\"inputs\":[", "body: not readable as JSON at line 2, byte 11: ")]
    [InlineData("""{"inputs":[]} x""", "body: not readable as JSON at line 1, byte 15: 'x' is invalid after a single JSON value.")]
    [InlineData("""{"inputs":[]}{}""", "body: not readable as JSON at line 1, byte 14: '{' is invalid after a single JSON value.")]
    [InlineData("""{"inputs":[],}""", "body: not readable as JSON at line 1, byte 14: ")]
    [InlineData("""{"inputs":[NaN]}""", "body: not readable as JSON at line 1, byte 12: 'N' is an invalid start of a value.")]
    [InlineData("""{"x":"\x"}""", "body: not readable as JSON at line 1, byte 8: ")]
    public void What_is_no_JSON_is_unreadable_and_says_where(string body, string start)
    {
        Assert.False(OipFormat.TryReadJob(Encoding.UTF8.GetBytes(body), s_limits, out var job, out var error));
        Assert.Null(job);
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.UnreadableBody, error.Code);
        Assert.False(error.IsReadable);
    }

    [Theory]
    [InlineData("[]", "body: expected a JSON object, found an array")]
    [InlineData("null", "body: expected a JSON object, found null")]
    [InlineData("\"text\"", "body: expected a JSON object, found a string")]
    [InlineData("1", "body: expected a JSON object, found a number")]
    public void JSON_that_is_no_object_is_unreadable(string body, string message) => Refuses(body, ErrorCode.UnreadableBody, message);

    [Theory]
    [InlineData("{}", "inputs: missing, expected an array of tensors")]
    [InlineData("""{"inputs":null}""", "inputs: expected an array, found null")]
    [InlineData("""{"inputs":{}}""", "inputs: expected an array, found an object")]
    [InlineData("""{"inputs":[3]}""", "inputs[0]: expected an object, found a number")]
    [InlineData("""{"inputs":[],"outputs":"y"}""", "outputs: expected an array, found a string")]
    [InlineData("""{"inputs":[],"outputs":["y"]}""", "outputs[0]: expected an object, found a string")]
    [InlineData("""{"inputs":[],"outputs":[{"name":"y"},{}]}""", "outputs[1].name: missing, expected an output's name")]
    [InlineData("""{"inputs":[],"outputs":[{"name":1}]}""", "outputs[0].name: expected a string, found a number")]
    [InlineData("""{"inputs":[],"parameters":[]}""", "parameters: expected an object, found an array")]
    [InlineData("""{"inputs":[],"model_name":7}""", "model_name: expected a string, found a number")]
    [InlineData("""{"inputs":[],"model_version":1}""", "model_version: expected a string, found a number")]
    [InlineData("""{"inputs":[],"id":12}""", "id: expected a string, found a number")]
    public void A_field_of_another_type_is_named(string body, string message) => Refuses(body, ErrorCode.InvalidRequest, message);

    [Theory]
    [InlineData("""{"shape":[1],"datatype":"FP32","data":[1]}""", "inputs[0].name: missing, expected the tensor's name")]
    [InlineData("""{"name":null,"shape":[1],"datatype":"FP32","data":[1]}""", "inputs[0].name: expected a string, found null")]
    [InlineData("""{"name":"x","shape":[1],"data":[1]}""", "inputs[0] 'x'.datatype: missing, expected one of BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64, BYTES")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FLOAT","data":[1]}""", "inputs[0].datatype: expected one of BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64, BYTES, found \"FLOAT\"")]
    [InlineData("""{"name":"x","datatype":"FP32","data":[1]}""", "inputs[0] 'x'.shape: missing, expected an array of dimensions")]
    [InlineData("""{"name":"x","shape":4,"datatype":"FP32","data":[1]}""", "inputs[0].shape: expected an array of dimensions, found a number")]
    [InlineData("""{"name":"x","shape":[2,-1],"datatype":"FP32","data":[1]}""", "inputs[0].shape[1]: expected a whole number of 0 or more, found -1")]
    [InlineData("""{"name":"x","shape":[1.5],"datatype":"FP32","data":[1]}""", "inputs[0].shape[0]: expected a whole number of 0 or more, found 1.5")]
    [InlineData("""{"name":"x","shape":["1"],"datatype":"FP32","data":[1]}""", "inputs[0].shape[0]: expected a whole number of 0 or more, found \"1\"")]
    [InlineData("""{"name":"x","shape":[[1]],"datatype":"FP32","data":[1]}""", "inputs[0].shape[0]: expected a whole number of 0 or more, found an array")]
    [InlineData("""{"name":"x","shape":[9223372036854775808],"datatype":"FP32","data":[1]}""", "inputs[0].shape[0]: expected a whole number of 0 or more, found 9223372036854775808")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32"}""", "inputs[0] 'x'.data: missing, expected an array of 1 elements")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","data":1}""", "inputs[0] 'x'.data: expected an array, found a number")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","data":null}""", "inputs[0] 'x'.data: expected an array, found null")]
    [InlineData("""{"name":"x","shape":[1],"datatype":"FP32","parameters":[],"data":[1]}""", "inputs[0].parameters: expected an object, found an array")]
    public void A_tensor_s_field_that_is_missing_or_off_is_named(string tensor, string message) =>
        Refuses($$"""{"inputs":[{{tensor}}]}""", ErrorCode.InvalidRequest, message);

    [Theory]
    [InlineData("[1,1,1,1,1,1,1,1,1]", "inputs[0].shape: more than the 8 dimensions allowed")]
    [InlineData("[4294967296,4294967296]", "inputs[0] 'x'.shape: the product of [4294967296,4294967296] overflows 64 bits")]
    [InlineData("[9223372036854775807,2]", "inputs[0] 'x'.shape: the product of [9223372036854775807,2] overflows 64 bits")]
    [InlineData("[3037000500,3037000500]", "inputs[0] 'x'.shape: the product of [3037000500,3037000500] overflows 64 bits")]
    [InlineData("[0,4294967296,4294967296]", "inputs[0] 'x'.shape: the product of [0,4294967296,4294967296] overflows 64 bits")]
    public void A_shape_over_the_limits_is_too_large(string shape, string message) => Refuses(
        $$"""{"inputs":[{"name":"x","shape":{{shape}},"datatype":"UINT8","data":[1]}]}""", ErrorCode.ShapeTooLarge, message);

    [Theory]
    [InlineData("FP32", "[3]", "[1,2]", "inputs[0] 'x'.data: the shape asks for 3 elements, found 2")]
    [InlineData("FP32", "[3]", "[1,2,3,4]", "inputs[0] 'x'.data: the shape asks for 3 elements, found 4")]
    [InlineData("FP32", "[2,2]", "[[1,2],[3]]", "inputs[0] 'x'.data: the shape asks for 4 elements, found 3")]
    [InlineData("FP32", "[]", "[]", "inputs[0] 'x'.data: the shape asks for 1 elements, found 0")]
    [InlineData("FP32", "[0]", "[1]", "inputs[0] 'x'.data: the shape asks for 0 elements, found 1")]
    [InlineData("BYTES", "[3]", "[\"a\"]", "inputs[0] 'x'.data: the shape asks for 3 elements, found 1")]
    [InlineData("BYTES", "[1]", "[\"a\",\"b\"]", "inputs[0] 'x'.data: the shape asks for 1 elements, found 2")]
    [InlineData("FP32", "[1000000]", "[1]", "inputs[0] 'x'.data: the shape asks for 1000000 elements, more than the body can hold")]
    public void Data_of_another_length_than_the_shape_s_says_both(string datatype, string shape, string data, string message) =>
        Refuses(Input(datatype, shape, data), ErrorCode.DataLengthMismatch, message);

    [Theory]
    [InlineData("FP32", "[1,\"2\"]", "inputs[0] 'x'.data[1]: \"2\" is not a value of FP32")]
    [InlineData("FP32", "[1,true]", "inputs[0] 'x'.data[1]: a boolean is not a value of FP32")]
    [InlineData("FP32", "[1,null]", "inputs[0] 'x'.data[1]: null is not a value of FP32")]
    [InlineData("FP32", "[1,{}]", "inputs[0] 'x'.data[1]: an object is not a value of FP32")]
    [InlineData("FP32", "[1,1e400]", "inputs[0] 'x'.data[1]: 1e400 is not a value of FP32")]
    [InlineData("FP32", "[1,3.5e38]", "inputs[0] 'x'.data[1]: 3.5e38 is not a value of FP32")]
    [InlineData("FP32", "[1,\"infinity\"]", "inputs[0] 'x'.data[1]: \"infinity\" is not a value of FP32")]
    [InlineData("FP64", "[-1e400,1]", "inputs[0] 'x'.data[0]: -1e400 is not a value of FP64")]
    [InlineData("FP64", "[\"-NaN\",1]", "inputs[0] 'x'.data[0]: \"-NaN\" is not a value of FP64")]
    [InlineData("FP16", "[1,65520]", "inputs[0] 'x'.data[1]: 65520 is not a value of FP16")]
    [InlineData("FP16", "[1,1e39]", "inputs[0] 'x'.data[1]: 1e39 is not a value of FP16")]
    [InlineData("BOOL", "[true,1]", "inputs[0] 'x'.data[1]: 1 is not a value of BOOL")]
    [InlineData("BOOL", "[\"true\",true]", "inputs[0] 'x'.data[0]: \"true\" is not a value of BOOL")]
    [InlineData("UINT8", "[256,1]", "inputs[0] 'x'.data[0]: 256 is not a value of UINT8")]
    [InlineData("UINT8", "[-1,1]", "inputs[0] 'x'.data[0]: -1 is not a value of UINT8")]
    [InlineData("INT8", "[128,1]", "inputs[0] 'x'.data[0]: 128 is not a value of INT8")]
    [InlineData("UINT16", "[1,65536]", "inputs[0] 'x'.data[1]: 65536 is not a value of UINT16")]
    [InlineData("INT16", "[-32769,1]", "inputs[0] 'x'.data[0]: -32769 is not a value of INT16")]
    [InlineData("UINT32", "[4294967296,1]", "inputs[0] 'x'.data[0]: 4294967296 is not a value of UINT32")]
    [InlineData("INT32", "[2147483648,1]", "inputs[0] 'x'.data[0]: 2147483648 is not a value of INT32")]
    [InlineData("UINT64", "[18446744073709551616,1]", "inputs[0] 'x'.data[0]: 18446744073709551616 is not a value of UINT64")]
    [InlineData("INT64", "[9223372036854775808,1]", "inputs[0] 'x'.data[0]: 9223372036854775808 is not a value of INT64")]
    [InlineData("INT32", "[1,1.5]", "inputs[0] 'x'.data[1]: 1.5 is not a value of INT32")]
    [InlineData("INT32", "[1,true]", "inputs[0] 'x'.data[1]: a boolean is not a value of INT32")]
    [InlineData("FP32", "[1,\"\\ud800\"]", "inputs[0] 'x'.data[1]: \"\\ud800\" is not a value of FP32")]
    [InlineData("BYTES", "[\"a\",1]", "inputs[0] 'x'.data[1]: expected a string, found a number")]
    [InlineData("BYTES", "[\"a\",\"\\ud800\"]", "inputs[0] 'x'.data[1]: the string is not valid UTF-8 or UTF-16")]
    [InlineData("BYTES", "[\"\\udc00\\ud800\",\"a\"]", "inputs[0] 'x'.data[0]: the string is not valid UTF-8 or UTF-16")]
    [InlineData("INT64", "[1,111111111111111111111111111111111111111111111111]", "inputs[0] 'x'.data[1]: 1111111111111111111111111111111111111111… is not a value of INT64")]
    public void An_element_that_is_no_value_of_the_datatype_is_quoted(string datatype, string data, string message) =>
        Refuses(Input(datatype, "[2]", data), ErrorCode.InvalidValue, message);

    [Fact]
    public void A_model_s_name_that_is_too_long_is_told_shortened()
    {
        var error = Refuses(
            $$"""{"inputs":[],"model_name":"{{new string('m', 3_000_000)}}","model_version":"{{new string('1', 101)}}","id":"0192f0c1-7a3b-7c4d-8e5f-0123456789ab"}""",
            ErrorCode.ModelNotFound,
            $"model_name: '{new string('m', 100)}…' has 3000000 characters, expected at most 100");

        Assert.Equal(new Guid("0192f0c1-7a3b-7c4d-8e5f-0123456789ab"), error.Id);
        Assert.Equal(new string('m', 100) + "…", error.ModelName);
        Assert.Equal(new string('1', 100) + "…", error.ModelVersion);
    }

    [Fact]
    public void A_version_that_is_too_long_is_told_shortened_and_no_character_is_cut_in_two() => Refuses(
        $$"""{"inputs":[],"model_name":"digits","model_version":"{{new string('1', 99)}}\ud83d\ude00x"}""",
        ErrorCode.ModelVersionNotFound,
        $"model_version: '{new string('1', 99)}…' has 102 characters, expected at most 100");

    [Theory]
    [InlineData("""{"inputs":[{"name":"NAME","shape":[2],"datatype":"FP32","data":[1]}]}""", ErrorCode.DataLengthMismatch)]
    [InlineData("""{"inputs":[{"name":"NAME","datatype":"FP32","data":[1]}]}""", ErrorCode.InvalidRequest)]
    [InlineData("""{"inputs":[],"parameters":{"NAME":"\ud800"}}""", ErrorCode.InvalidRequest)]
    [InlineData("""{"inputs":[],"id":"NAME"}""", ErrorCode.InvalidId)]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"NAME","data":[1]}]}""", ErrorCode.InvalidRequest)]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":["NAME"]}]}""", ErrorCode.InvalidValue)]
    [InlineData("""{"inputs":[{"name":"x","shape":["NAME"],"datatype":"FP32","data":[1]}]}""", ErrorCode.InvalidRequest)]
    [InlineData("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":"NAME"}}]}""", ErrorCode.InvalidRequest)]
    public void No_message_is_long_because_the_caller_s_text_is(string body, string code)
    {
        var bytes = Encoding.UTF8.GetBytes(body.Replace("NAME", new string('n', 1_000_000), StringComparison.Ordinal));

        Assert.False(OipFormat.TryReadJob(bytes, s_limits, out _, out var error));

        Assert.Equal(code, error.Code);
        Assert.InRange(error.Message.Length, 1, 300);
    }

    [Theory]
    [InlineData("not-a-uuid", "id: expected a UUID such as 0192f0c1-7a3b-7c4d-8e5f-0123456789ab, or none, found \"not-a-uuid\"")]
    [InlineData("", "id: expected a UUID such as 0192f0c1-7a3b-7c4d-8e5f-0123456789ab, or none, found \"\"")]
    [InlineData("0192f0c17a3b7c4d8e5f0123456789ab", "id: expected a UUID such as 0192f0c1-7a3b-7c4d-8e5f-0123456789ab, or none, found \"0192f0c17a3b7c4d8e5f0123456789ab\"")]
    public void An_id_that_is_no_UUID_has_a_code_of_its_own(string id, string message)
    {
        var error = Refuses($$"""{"inputs":[],"id":"{{id}}","model_name":"digits","model_version":"2"}""", ErrorCode.InvalidId, message);

        Assert.Null(error.Id);
        Assert.Equal("digits", error.ModelName);
        Assert.Equal("2", error.ModelVersion);
    }

    [Fact]
    public void The_id_and_the_model_are_known_of_a_job_whose_tensor_is_wrong_wherever_they_stand()
    {
        var error = Refuses(
            """{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1]}],"model_version":"2","model_name":"digits","id":"0192f0c1-7a3b-7c4d-8e5f-0123456789ab"}""",
            ErrorCode.DataLengthMismatch,
            "inputs[0] 'x'.data: the shape asks for 2 elements, found 1");

        Assert.True(error.IsReadable);
        Assert.Equal(new Guid("0192f0c1-7a3b-7c4d-8e5f-0123456789ab"), error.Id);
        Assert.Equal("digits", error.ModelName);
        Assert.Equal("2", error.ModelVersion);
    }

    [Theory]
    [InlineData("""{"id":"0192f0c1-7a3b-7c4d-8e5f-0123456789ab","inputs":[""", true)]
    [InlineData("""{"inputs":[{"id":1},[]],"id":"0192f0c1-7a3b-7c4d-8e5f-0123456789ab",""", true)]
    [InlineData("""{"inputs":[""", false)]
    [InlineData("""{"inputs":[{"id":"0192f0c1-7a3b-7c4d-8e5f-0123456789ab"}]}""", false)]
    [InlineData("""{"id":7}""", false)]
    [InlineData("""{"id":"\ud800aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""", false)]
    [InlineData("""{"\ud800":1,"id":"0192f0c1-7a3b-7c4d-8e5f-0123456789ab"}""", false)]
    [InlineData("""[{"id":"0192f0c1-7a3b-7c4d-8e5f-0123456789ab"}]""", false)]
    [InlineData("", false)]
    public void The_id_is_found_in_a_body_that_is_not_going_to_be_read(string body, bool isFound) => Assert.Equal(
        isFound ? new Guid("0192f0c1-7a3b-7c4d-8e5f-0123456789ab") : null, OipFormat.FindId(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void The_second_tensor_s_faults_name_the_second_tensor() => Refuses(
        """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]},{"name":"mask","shape":[1],"datatype":"BOOL","data":[0]}]}""",
        ErrorCode.InvalidValue,
        "inputs[1] 'mask'.data[0]: 0 is not a value of BOOL");

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void JSON_may_be_16_deep_and_no_deeper(int depth, bool isRead)
    {
        // The body's object is the first level.
        var body = $$"""{"inputs":[],"x":{{new string('[', depth - 1)}}{{new string(']', depth - 1)}}}""";

        Assert.Equal(isRead, OipFormat.TryReadJob(Encoding.UTF8.GetBytes(body), s_limits, out _, out var error));
        if (!isRead)
        {
            Assert.Equal(ErrorCode.UnreadableBody, error.Code);
            Assert.StartsWith("body: not readable as JSON at line 1, byte 33: The maximum configured depth of 16", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_million_brackets_are_refused_like_any_other_depth()
    {
        Assert.False(OipFormat.TryReadJob(Encoding.UTF8.GetBytes(new string('[', 1_000_000)), s_limits, out _, out var error));
        Assert.Equal(ErrorCode.UnreadableBody, error.Code);
    }

    [Theory]
    [InlineData("""{"\ud800":1,"inputs":[]}""", "body: a field's name is not valid UTF-8 or UTF-16")]
    [InlineData("""{"inputs":[{"\ud800xxx":1}]}""", "inputs[0]: a field's name is not valid UTF-8 or UTF-16")]
    [InlineData("""{"inputs":[],"outputs":[{"\ud800":1}]}""", "outputs[0]: a field's name is not valid UTF-8 or UTF-16")]
    [InlineData("""{"inputs":[{"name":"x","parameters":{"\ud800aaaaaaaaaaaaaa":1}}]}""", "inputs[0].parameters: a field's name is not valid UTF-8 or UTF-16")]
    [InlineData("""{"inputs":[],"parameters":{"\ud800":1}}""", "parameters: a field's name is not valid UTF-8 or UTF-16")]
    [InlineData("""{"inputs":[],"parameters":{"x":"\ud800"}}""", "parameters.x: the string is not valid UTF-8 or UTF-16")]
    [InlineData("""{"inputs":[],"parameters":{"a":{"b":[]},"x":[1,{"y":{"\udc00":1}}]}}""", "parameters.x: the string is not valid UTF-8 or UTF-16")]
    [InlineData("""{"inputs":[],"model_name":"\ud800"}""", "model_name: the string is not valid UTF-8 or UTF-16")]
    [InlineData("""{"inputs":[{"name":"\ud800"}]}""", "inputs[0].name: the string is not valid UTF-8 or UTF-16")]
    public void Half_a_surrogate_pair_is_the_body_s_fault(string body, string message) => Refuses(body, ErrorCode.InvalidRequest, message);

    [Theory]
    [InlineData("model_name", "\"a", "\"", "model_name: the string is not valid UTF-8 or UTF-16")]
    [InlineData("parameters", "{\"x\":[\"a", "\"]}", "parameters.x: the string is not valid UTF-8 or UTF-16")]
    public void Bytes_that_are_no_UTF_8_are_the_body_s_fault(string field, string before, string after, string message)
    {
        byte[] body = [.. Encoding.UTF8.GetBytes($"{{\"inputs\":[],\"{field}\":{before}"), 0xC3, 0x28, .. Encoding.UTF8.GetBytes(after + "}")];

        Assert.False(OipFormat.TryReadJob(body, s_limits, out _, out var error));
        Assert.Equal(message, error.Message);
        Assert.Equal(ErrorCode.InvalidRequest, error.Code);
    }

    [Theory]
    [InlineData("UINT8", "[100000000]")]
    [InlineData("FP64", "[1000000,1000000]")]
    [InlineData("FP32", "[9223372036854775807]")]
    [InlineData("BYTES", "[9223372036854775807]")]
    public void A_huge_shape_with_little_data_costs_no_memory(string datatype, string shape)
    {
        var body = Encoding.UTF8.GetBytes(Input(datatype, shape, datatype == "BYTES" ? "[\"a\"]" : "[1]"));
        Assert.False(OipFormat.TryReadJob(body, s_limits, out _, out _));

        var before = GC.GetAllocatedBytesForCurrentThread();
        OipFormat.TryReadJob(body, s_limits, out _, out var error);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(ErrorCode.DataLengthMismatch, error.Code);
        Assert.InRange(allocated, 0, 64 * 1024);
    }

    [Fact]
    public void The_rank_that_is_allowed_is_the_limits()
    {
        var body = Encoding.UTF8.GetBytes(Input("FP32", "[1,1,1]", "[1]"));

        Assert.True(OipFormat.TryReadJob(body, new WireLimits { MaxRank = 3 }, out _, out _));
        Assert.False(OipFormat.TryReadJob(body, new WireLimits { MaxRank = 2 }, out _, out var error));
        Assert.Equal("inputs[0].shape: more than the 2 dimensions allowed", error.Message);
    }

    private static string Input(string datatype, string shape, string data) =>
        $$"""{"inputs":[{"name":"x","shape":{{shape}},"datatype":"{{datatype}}","data":{{data}}}]}""";

    private static WireError Refuses(string body, string code, string message)
    {
        Assert.False(OipFormat.TryReadJob(Encoding.UTF8.GetBytes(body), s_limits, out var job, out var error));
        Assert.Null(job);
        Assert.Equal(message, error.Message);
        Assert.Equal(code, error.Code);
        Assert.Equal(code != ErrorCode.UnreadableBody, error.IsReadable);
        return error;
    }
}
