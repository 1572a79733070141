using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Millrace.Contracts.Wire;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

public sealed class RoundTripTests
{
    private static readonly WireLimits s_limits = new();

    [Fact]
    public void Any_job_reads_back_from_JSON() => Hold(WireGen.Job(), job =>
    {
        var body = OipFormat.WriteJob(job);

        Assert.Equal("application/json", body.ContentType);
        Assert.Null(body.HeaderLength);
        Assert.True(OipFormat.TryReadJob(body.Bytes, s_limits, out var read, out var error), error?.Message);
        Same.Jobs(job, read);
    });

    [Fact]
    public void Any_job_reads_back_from_the_binary_form() => Hold(WireGen.Job(), job =>
    {
        var body = OipFormat.WriteBinaryJob(job);

        Assert.Equal("application/octet-stream", body.ContentType);
        Assert.True(OipFormat.TryReadBinaryJob(body.Bytes, body.HeaderLength!.Value, s_limits, out var read, out var error), error?.Message);
        Same.Jobs(job, read);
        Assert.All(job.Inputs.Zip(read.Inputs), pair => Assert.Equal(pair.First.Data.ToArray(), pair.Second.Data.ToArray()));
    });

    [Fact]
    public void Any_result_reads_back_from_JSON() => Hold(WireGen.Result(), result =>
    {
        var body = OipFormat.WriteResult(result);

        Assert.Equal("application/json", body.ContentType);
        Same.Results(result, OipFormat.ReadResult(body.Bytes));
    });

    [Fact]
    public void Any_result_reads_back_from_the_binary_form() => Hold(WireGen.Result(), result =>
    {
        var body = OipFormat.WriteBinaryResult(result);

        Same.Results(result, OipFormat.ReadBinaryResult(body.Bytes, body.HeaderLength!.Value));
    });

    [Fact]
    public void Any_job_and_result_read_back_through_System_Text_Json()
    {
        Hold(WireGen.Job(), job => Same.Jobs(job, JsonSerializer.Deserialize<PredictionJob>(JsonSerializer.Serialize(job))!));
        Hold(WireGen.Result(), result => Same.Results(result, JsonSerializer.Deserialize<PredictionResult>(JsonSerializer.Serialize(result))!));
    }

    [Fact]
    public void The_order_of_fields_does_not_matter() => Hold(
        from job in WireGen.Job()
        from seed in Gen.Choose(0, int.MaxValue)
        select (job, seed),
        pair =>
        {
            var shuffled = Shuffle(JsonElement.Parse(OipFormat.WriteJob(pair.job).Bytes.Span), new Random(pair.seed));

            Assert.True(OipFormat.TryReadJob(shuffled, s_limits, out var read, out var error), error?.Message);
            Same.Jobs(pair.job, read);
        });

    [Theory]
    [InlineData("[[1,2,3],[4,5,6]]")]
    [InlineData("[1,2,3,4,5,6]")]
    [InlineData("[[[1],[2],[3]],[[4],[5],[6]]]")]
    [InlineData("[[1,2],[3,4,5,6]]")]
    public void Data_may_be_flat_or_nested(string data)
    {
        var job = Read($$"""{"inputs":[{"name":"x","shape":[2,3],"datatype":"INT32","data":{{data}}}]}""");

        Assert.Equal([1, 2, 3, 4, 5, 6], job.Inputs[0].AsSpan<int>().ToArray());
    }

    [Theory]
    [InlineData("BOOL", "[true,false]", new byte[] { 1, 0 })]
    [InlineData("UINT8", "[0,255]", new byte[] { 0, 255 })]
    [InlineData("INT8", "[-128,127]", new byte[] { 0x80, 0x7F })]
    [InlineData("UINT16", "[0,65535]", new byte[] { 0, 0, 0xFF, 0xFF })]
    [InlineData("INT16", "[-32768,32767]", new byte[] { 0, 0x80, 0xFF, 0x7F })]
    [InlineData("UINT32", "[0,4294967295]", new byte[] { 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData("INT32", "[-2147483648,2147483647]", new byte[] { 0, 0, 0, 0x80, 0xFF, 0xFF, 0xFF, 0x7F })]
    [InlineData("UINT64", "[0,18446744073709551615]", new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData("INT64", "[-9223372036854775808,9223372036854775807]", new byte[] { 0, 0, 0, 0, 0, 0, 0, 0x80, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F })]
    [InlineData("FP16", "[65504,-5.9604645e-08]", new byte[] { 0xFF, 0x7B, 0x01, 0x80 })]
    [InlineData("FP32", "[3.4028235e38,-1.401298464324817e-45]", new byte[] { 0xFF, 0xFF, 0x7F, 0x7F, 0x01, 0, 0, 0x80 })]
    [InlineData("FP64", "[1.7976931348623157e308,-5e-324]", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xEF, 0x7F, 1, 0, 0, 0, 0, 0, 0, 0x80 })]
    [InlineData("FP16", "[-0,\"-Infinity\"]", new byte[] { 0, 0x80, 0, 0xFC })]
    [InlineData("FP32", "[\"NaN\",\"Infinity\"]", new byte[] { 0, 0, 0xC0, 0xFF, 0, 0, 0x80, 0x7F })]
    [InlineData("FP64", "[-0.0,\"-Infinity\"]", new byte[] { 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xF0, 0xFF })]
    [InlineData("BYTES", "[\"\",\"\\ud83d\\ude00\\u0000\"]", new byte[] { 0, 0, 0, 0, 5, 0, 0, 0, 0xF0, 0x9F, 0x98, 0x80, 0 })]
    public void The_ends_of_each_datatype_are_read_exactly(string datatype, string data, byte[] expected)
    {
        var job = Read($$"""{"inputs":[{"name":"x","shape":[2],"datatype":"{{datatype}}","data":{{data}}}]}""");

        Assert.Equal(expected, job.Inputs[0].Data.ToArray());
    }

    [Fact]
    public void A_scalar_and_a_tensor_without_elements_are_tensors()
    {
        var job = Read("""
            {"inputs":[{"name":"s","shape":[],"datatype":"FP32","data":[0.5]},{"name":"e","shape":[3,0],"datatype":"FP32","data":[[],[],[]]}]}
            """);

        Assert.Equal([0.5f], job.Inputs[0].AsSpan<float>().ToArray());
        Assert.Equal(0, job.Inputs[1].Data.Length);
    }

    [Fact]
    public void Fields_that_are_null_or_unknown_are_as_good_as_absent()
    {
        var job = Read("""
            {"id":null,"model_name":null,"model_version":null,"parameters":null,"outputs":null,"x":{"y":[1]},
             "inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":null,"data":[1],"z":[[]]}]}
            """);

        Assert.Null(job.Id);
        Assert.Null(job.ModelName);
        Assert.Null(job.ModelVersion);
        Assert.Empty(job.Parameters);
        Assert.Empty(job.Outputs);
        Assert.Equal("x", Assert.Single(job.Inputs).Name);
    }

    /// <summary>The example of the Open Inference Protocol's "Tensor Data" and "Inference Request" sections.</summary>
    [Fact]
    public void The_protocol_s_own_example_is_read()
    {
        var job = Read("""
            {
              "id" : "0192f0c1-7a3b-7c4d-8e5f-0123456789ab",
              "inputs" : [
                { "name" : "input0", "shape" : [ 2, 2 ], "datatype" : "UINT32", "data" : [ 1, 2, 3, 4 ] },
                { "name" : "input1", "shape" : [ 3 ], "datatype" : "BOOL", "data" : [ true, true, false ] }
              ],
              "outputs" : [ { "name" : "output0" } ]
            }
            """);

        Assert.Equal(new Guid("0192f0c1-7a3b-7c4d-8e5f-0123456789ab"), job.Id);
        Assert.Equal([1u, 2u, 3u, 4u], job.Inputs[0].AsSpan<uint>().ToArray());
        Assert.Equal([true, true, false], job.Inputs[1].AsSpan<bool>().ToArray());
        Assert.Equal("output0", Assert.Single(job.Outputs).Name);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_still_written_as_JSON()
    {
        byte[] data = [2, 0, 0, 0, 0xC3, 0x28, 1, 0, 0, 0, (byte)'a'];
        var result = new PredictionResult
        {
            Status = JobStatus.Succeeded,
            Outputs = [new Tensor { Name = "y", Shape = [2], Datatype = TensorDatatype.Bytes, Data = data }],
        };

        var read = OipFormat.ReadResult(OipFormat.WriteResult(result).Bytes);

        Assert.Equal(["\uFFFD(", "a"], read.Outputs[0].ToStrings());
    }

    private static PredictionJob Read(string json)
    {
        Assert.True(OipFormat.TryReadJob(Encoding.UTF8.GetBytes(json), s_limits, out var job, out var error), error?.Message);
        return job;
    }

    private static void Hold<T>(Gen<T> values, Action<T> assertion) =>
        Prop.ForAll(values.ToArbitrary(), assertion).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithQuietOnSuccess(true));

    private static byte[] Shuffle(JsonElement element, Random random)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Shuffle(element, random, writer);
        }

        return buffer.ToArray();
    }

    private static void Shuffle(JsonElement element, Random random, Utf8JsonWriter writer)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                var properties = element.EnumerateObject().ToArray();
                random.Shuffle(properties);
                foreach (var property in properties)
                {
                    writer.WritePropertyName(property.Name);
                    Shuffle(property.Value, random, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var child in element.EnumerateArray())
                {
                    Shuffle(child, random, writer);
                }

                writer.WriteEndArray();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}
