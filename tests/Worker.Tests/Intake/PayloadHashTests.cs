using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Millrace.Contracts;
using Millrace.Contracts.Tests.Wire;
using Millrace.Contracts.Wire;
using Millrace.Worker.Intake;
using Xunit;

namespace Millrace.Worker.Tests.Intake;

public sealed class PayloadHashTests
{
    private static readonly PredictionJob s_job = new()
    {
        ModelVersion = "1",
        Inputs = [Tensor.Create<float>("x", [2, 1], [1, 2]), Tensor.Create("t", [1], ["a"])],
        Outputs = [new RequestedOutput { Name = "y" }],
    };

    [Fact]
    public void A_job_has_one_hash_whichever_form_it_came_in() => Prop.ForAll(WireGen.Job().ToArbitrary(), job =>
    {
        // One NaN of many is all that JSON can spell.
        var json = OipFormat.WriteJob(job);
        Assert.True(OipFormat.TryReadJob(json.Bytes, new WireLimits(), out var fromJson, out _));
        var binary = OipFormat.WriteBinaryJob(fromJson);
        Assert.True(OipFormat.TryReadBinaryJob(binary.Bytes, binary.HeaderLength!.Value, new WireLimits(), out var fromBinary, out _));

        Assert.Equal(Hash(fromJson), Hash(fromBinary));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithQuietOnSuccess(true));

    [Fact]
    public void It_is_16_bytes_and_the_same_each_time()
    {
        Assert.Equal(16, Hash(s_job).Length);
        Assert.Equal(Hash(s_job), Hash(s_job with { Inputs = [.. s_job.Inputs.Select(input => input with { Data = input.Data.ToArray() })] }));
        Assert.Equal(16, PayloadHash.Of("anything"u8).Length);
    }

    [Fact]
    public void Who_sent_it_does_not_matter() =>
        Assert.Equal(Hash(s_job), Hash(s_job with { Id = Guid.NewGuid() }));

    /// <summary>Rows that are there already keep the hash that they were written with.</summary>
    [Fact]
    public void A_job_that_does_not_ask_for_its_good_rows_has_the_hash_that_it_always_had()
    {
        Assert.Equal("1DC515A32A49C81522DA5A2FC4401FC0", Convert.ToHexString(Hash(s_job)));
        Assert.Equal(
            Hash(s_job),
            Hash(s_job with { Parameters = new Dictionary<string, JsonElement> { [JobParameters.Partial] = JsonElement.Parse("false") } }));
    }

    /// <summary>In a bad element's place is nothing, whatever was there.</summary>
    [Fact]
    public void Jobs_that_differ_in_a_bad_element_have_other_hashes() => Assert.NotEqual(
        Hash(Read("[1,300]")), Hash(Read("[1,400]")));

    private static PredictionJob Read(string data)
    {
        var body = System.Text.Encoding.UTF8.GetBytes(
            $$"""{"parameters":{"partial":true},"inputs":[{"name":"x","shape":[2],"datatype":"UINT8","data":{{data}}}]}""");
        Assert.True(OipFormat.TryReadJob(body, new WireLimits(), out var job, out _));
        return job;
    }

    [Fact]
    public void Any_other_content_has_another_hash()
    {
        var (x, t) = (s_job.Inputs[0], s_job.Inputs[1]);
        PredictionJob[] jobs =
        [
            s_job,
            s_job with { ModelVersion = "2" },
            s_job with { ModelVersion = null },
            s_job with { Outputs = [] },
            s_job with { Outputs = [new RequestedOutput { Name = "z" }] },
            s_job with { Outputs = [new RequestedOutput { Name = "y" }, new RequestedOutput { Name = "z" }] },
            s_job with { Parameters = PendingJobs.AsksPartial },
            s_job with { Inputs = [x] },
            s_job with { Inputs = [t, x] },
            s_job with { Inputs = [x with { Name = "X" }, t] },
            s_job with { Inputs = [x with { Shape = [1, 2] }, t] },
            s_job with { Inputs = [x with { Shape = [2] }, t] },
            s_job with { Inputs = [x with { Datatype = TensorDatatype.Int32 }, t] },
            s_job with { Inputs = [Tensor.Create<float>("x", [2, 1], [1, 2.0000002f]), t] },
            s_job with { Inputs = [x, Tensor.Create("t", [1], ["b"])] },
            s_job with { Inputs = [x, Tensor.Create("t", [1], ["a\0"])] },
        ];

        Assert.Distinct(jobs.Select(job => Convert.ToHexString(Hash(job))));
        Assert.NotEqual(Hash(s_job), PayloadHash.Of(s_job, "other").ToArray());
    }

    private static byte[] Hash(PredictionJob job) => PayloadHash.Of(job, "m").ToArray();
}
