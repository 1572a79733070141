using System.Text;
using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

/// <summary>The binary tensor data extension: what a header may claim and a section must hold.</summary>
public sealed class BinaryBodyTests
{
    private static readonly WireLimits s_limits = new();

    [Fact]
    public void Tensors_in_the_binary_section_and_in_the_header_may_be_mixed()
    {
        var job = Read(
            """
            {"inputs":[{"name":"a","shape":[2],"datatype":"INT16","parameters":{"binary_data_size":4}},
                       {"name":"b","shape":[1],"datatype":"FP32","data":[0.5]},
                       {"name":"c","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":5,"other":[1]}}]}
            """,
            [1, 0, 2, 0, 1, 0, 0, 0, (byte)'z']);

        Assert.Equal([1, 2], job.Inputs[0].AsSpan<short>().ToArray());
        Assert.Equal([0.5f], job.Inputs[1].AsSpan<float>().ToArray());
        Assert.Equal(["z"], job.Inputs[2].ToStrings());
    }

    [Fact]
    public void The_tensors_refer_to_the_body_and_copy_nothing()
    {
        var body = OipFormat.WriteBinaryJob(new PredictionJob { Inputs = [Tensor.Create<byte>("x", [3], [1, 2, 3])] });
        var bytes = body.Bytes.ToArray();

        Assert.True(OipFormat.TryReadBinaryJob(bytes, body.HeaderLength!.Value, s_limits, out var job, out _));
        bytes[^1] = 9;

        Assert.Equal([1, 2, 9], job.Inputs[0].Data.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(14)]
    [InlineData(int.MaxValue)]
    public void A_header_length_outside_the_body_is_unreadable(int headerLength)
    {
        Assert.False(OipFormat.TryReadBinaryJob("""{"inputs":[]}"""u8.ToArray(), headerLength, s_limits, out _, out var error));
        Assert.Equal(ErrorCode.UnreadableBody, error.Code);
        Assert.Equal($"header Inference-Header-Content-Length: {headerLength} is not a length inside the body of 13 bytes", error.Message);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void A_header_length_that_cuts_the_header_elsewhere_is_unreadable(int off)
    {
        var body = OipFormat.WriteBinaryJob(new PredictionJob { Inputs = [Tensor.Create<byte>("x", [3], [1, 2, 3])] });

        Assert.False(OipFormat.TryReadBinaryJob(body.Bytes, body.HeaderLength!.Value + off, s_limits, out _, out var error));
        Assert.Equal(ErrorCode.UnreadableBody, error.Code);
        Assert.StartsWith("body: not readable as JSON at line 1, byte ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FP32", "[2]", 8, 7, "inputs[0] 'x'.parameters.binary_data_size: 8 bytes, the binary section has 7 left")]
    [InlineData("FP32", "[2]", 8, 0, "inputs[0] 'x'.parameters.binary_data_size: 8 bytes, the binary section has 0 left")]
    [InlineData("FP32", "[2]", 7, 7, "inputs[0] 'x'.parameters.binary_data_size: 7 bytes, the shape asks for 2 elements of FP32")]
    [InlineData("FP32", "[2]", 12, 12, "inputs[0] 'x'.parameters.binary_data_size: 12 bytes, the shape asks for 2 elements of FP32")]
    [InlineData("FP32", "[2]", 0, 0, "inputs[0] 'x'.parameters.binary_data_size: 0 bytes, the shape asks for 2 elements of FP32")]
    [InlineData("FP32", "[0]", 4, 4, "inputs[0] 'x'.parameters.binary_data_size: 4 bytes, the shape asks for 0 elements of FP32")]
    [InlineData("FP64", "[2305843009213693952]", 0, 0, "inputs[0] 'x'.parameters.binary_data_size: 0 bytes, the shape asks for 2305843009213693952 elements of FP64")]
    [InlineData("FP32", "[2]", 8, 9, "body: the binary section has 9 bytes, the inputs' binary_data_size name 8")]
    [InlineData("UINT8", "[1]", long.MaxValue, 1, "inputs[0] 'x'.parameters.binary_data_size: 9223372036854775807 bytes, the binary section has 1 left")]
    public void Sizes_that_do_not_add_up_say_both(string datatype, string shape, long size, int sectionLength, string message) =>
        Refuses(Header(datatype, shape, size), new byte[sectionLength], ErrorCode.DataLengthMismatch, message);

    [Fact]
    public void Bytes_behind_a_job_without_binary_tensors_are_left_over() => Refuses(
        """{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}""",
        [1],
        ErrorCode.DataLengthMismatch,
        "body: the binary section has 1 bytes, the inputs' binary_data_size name 0");

    [Theory]
    [InlineData("-1", "found -1")]
    [InlineData("1.5", "found 1.5")]
    [InlineData("\"4\"", "found \"4\"")]
    [InlineData("null", "found null")]
    [InlineData("9223372036854775808", "found 9223372036854775808")]
    public void A_binary_data_size_that_is_no_number_of_bytes_is_quoted(string size, string found) => Refuses(
        $$$"""{"inputs":[{"name":"x","shape":[1],"datatype":"UINT8","parameters":{"binary_data_size":{{{size}}}}}]}""",
        [1],
        ErrorCode.InvalidRequest,
        $"inputs[0].parameters.binary_data_size: expected a number of bytes, {found}");

    [Fact]
    public void Data_and_a_binary_data_size_at_once_are_ambiguous() => Refuses(
        """{"inputs":[{"name":"x","shape":[1],"datatype":"UINT8","parameters":{"binary_data_size":1},"data":[1]}]}""",
        [1],
        ErrorCode.InvalidRequest,
        "inputs[0] 'x': has both data and parameters.binary_data_size, expected one of them");

    [Fact]
    public void A_body_in_JSON_has_no_binary_section()
    {
        Assert.False(OipFormat.TryReadJob(Encoding.UTF8.GetBytes(Header("UINT8", "[1]", 1)), s_limits, out _, out var error));
        Assert.Equal("inputs[0] 'x'.parameters.binary_data_size: 1 bytes, the binary section has 0 left", error.Message);
    }

    [Fact]
    public void A_BOOL_is_a_byte_of_0_or_1() =>
        Refuses(Header("BOOL", "[3]", 3), [0, 1, 2], ErrorCode.InvalidValue, "inputs[0] 'x': a BOOL is a byte of 0 or 1, found another one");

    [Theory]
    [InlineData(new byte[] { 1, 0, 0, 0, 65, 1, 0, 0, 0, 0xFF })]
    [InlineData(new byte[] { 1, 0, 0, 0, 65, 3, 0, 0, 0, 0xED, 0xA0, 0x80 })] // half a surrogate pair
    [InlineData(new byte[] { 1, 0, 0, 0, 65, 2, 0, 0, 0, 0xC0, 0x80 })] // U+0000 in two bytes
    [InlineData(new byte[] { 1, 0, 0, 0, 65, 2, 0, 0, 0, 0xE4, 0xBD })] // a character that is cut
    public void BYTES_are_texts_in_UTF_8(byte[] section) => Refuses(
        Header("BYTES", "[2]", section.Length), section, ErrorCode.InvalidValue, "inputs[0] 'x': element 1 is not UTF-8, expected texts in UTF-8");

    [Fact]
    public void A_text_may_hold_a_null_character() =>
        Assert.Equal(["a\0b"], Read(Header("BYTES", "[1]", 7), [3, 0, 0, 0, (byte)'a', 0, (byte)'b']).Inputs[0].ToStrings());

    [Theory]
    [InlineData(2, new byte[] { 1, 0, 0, 0, 65 }, 1)] // one element too few
    [InlineData(1, new byte[] { 1, 0, 0, 0, 65, 0, 0, 0, 0 }, 2)] // one too many
    [InlineData(1, new byte[] { 2, 0, 0, 0, 65 }, 0)] // a length past the end
    [InlineData(1, new byte[] { 255, 255, 255, 255, 65 }, 0)] // a length that is negative as a signed number
    [InlineData(1, new byte[] { 0, 0, 0 }, 0)] // half a length
    [InlineData(1, new byte[] { 1, 0, 0, 0, 65, 0 }, 1)] // bytes behind the last element
    [InlineData(0, new byte[] { 0, 0, 0, 0 }, 1)] // an element where the shape has none
    public void BYTES_whose_lengths_do_not_add_up_are_refused(int count, byte[] section, int found) => Refuses(
        Header("BYTES", $"[{count}]", section.Length),
        section,
        ErrorCode.DataLengthMismatch,
        $"inputs[0] 'x': the shape asks for {count} elements, found {found}");

    [Fact]
    public void A_huge_shape_with_little_data_costs_no_memory()
    {
        byte[] body = [.. Encoding.UTF8.GetBytes(Header("FP64", "[100000000]", 8)), .. new byte[8]];
        Assert.False(OipFormat.TryReadBinaryJob(body, body.Length - 8, s_limits, out _, out _));

        var before = GC.GetAllocatedBytesForCurrentThread();
        OipFormat.TryReadBinaryJob(body, body.Length - 8, s_limits, out _, out var error);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(ErrorCode.DataLengthMismatch, error.Code);
        Assert.InRange(allocated, 0, 64 * 1024);
    }

    private static string Header(string datatype, string shape, long size) =>
        $$$"""{"inputs":[{"name":"x","shape":{{{shape}}},"datatype":"{{{datatype}}}","parameters":{"binary_data_size":{{{size}}}}}]}""";

    private static PredictionJob Read(string header, byte[] section)
    {
        var json = Encoding.UTF8.GetBytes(header);
        Assert.True(OipFormat.TryReadBinaryJob((byte[])[.. json, .. section], json.Length, s_limits, out var job, out var error), error?.Message);
        return job;
    }

    private static void Refuses(string header, byte[] section, string code, string message)
    {
        var json = Encoding.UTF8.GetBytes(header);
        Assert.False(OipFormat.TryReadBinaryJob((byte[])[.. json, .. section], json.Length, s_limits, out var job, out var error));
        Assert.Null(job);
        Assert.Equal(message, error.Message);
        Assert.Equal(code, error.Code);
    }
}
