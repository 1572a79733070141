using System.Text.Json;
using Millrace.Producer;
using Millrace.TestKit;

namespace Millrace.Cli.Tests.Publish;

public sealed class PublishCommandTests : IDisposable
{
    private const string Job = """{"model_name":"sum","inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""";

    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task The_reply_is_printed_as_one_line_of_json()
    {
        var outcome = await _cli.RunAsync("publish", _cli.Folder.Write("job.json", Job));

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal('\n', outcome.Out[^1]);
        using var reply = JsonDocument.Parse(outcome.Out);
        Assert.Equal("3", reply.RootElement.GetProperty("outputs")[0].GetProperty("data")[0].GetString());
        Assert.Equal(Assert.Single(_cli.Transport.Jobs).Id, reply.RootElement.GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task A_rejected_job_prints_its_reply_and_ends_with_3()
    {
        using var cli = new CliRun { Transport = new ScriptedTransport((job, _) => Task.FromResult(SumModel.Rejection(job))) };

        var outcome = await cli.RunAsync(Job, ["publish", "-"]);

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("\"code\":\"value_not_finite\"", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("was rejected (value_not_finite): inputs[0] 'x'", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(JobStatus.Rejected, "was rejected")]
    [InlineData(JobStatus.Failed, "has failed")]
    [InlineData(JobStatus.Expired, "has expired")]
    [InlineData(JobStatus.Cancelled, "was cancelled")]
    public async Task How_a_job_ended_is_said_in_a_sentence(JobStatus status, string ended)
    {
        using var cli = new CliRun
        {
            Transport = new ScriptedTransport((job, _) => Task.FromResult(new PredictionResult { Id = job.Id, Status = status, Code = "code", Error = "why" })),
        };

        var outcome = await cli.RunAsync(Job, ["publish", "-"]);

        Assert.Contains($"{ended} (code): why", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_byte_order_mark_before_the_job_is_taken()
    {
        var outcome = await _cli.RunAsync("\uFEFF" + Job, ["publish", "-"]);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
    }

    [Fact]
    public async Task A_job_in_UTF_16_is_called_that()
    {
        var file = _cli.Folder["job.json"];
        await File.WriteAllBytesAsync(file, [0xFF, 0xFE, .. System.Text.Encoding.Unicode.GetBytes(Job)], TestContext.Current.CancellationToken);

        var outcome = await _cli.RunAsync("publish", file);

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith($"millrace: {file} is UTF-16\n  hint: JSON is UTF-8", outcome.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_with_bad_rows_prints_its_reply_and_ends_with_3()
    {
        using var cli = new CliRun
        {
            Transport = new ScriptedTransport((job, _) => Task.FromResult(new PredictionResult
            {
                Id = job.Id,
                Status = JobStatus.Succeeded,
                RowErrors = [new RowError(2, ErrorCode.InferenceFailed, "no such index"), new RowError(5, ErrorCode.RowNotRun, "…")],
            })),
        };

        var outcome = await cli.RunAsync(Job, ["publish", "-"]);

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("\"row_errors\":[{\"row\":2,\"code\":\"inference_failed\"", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("2 row(s) have no answer; row 2 (inference_failed): no such index", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_is_not_UTF_8_is_not_sent_as_another_one()
    {
        var file = _cli.Folder["job.json"];
        File.WriteAllBytes(file, [.. "{\"model_name\":\"sum\",\n\"x\":\"caf"u8, 0xE9, .. "\"}"u8]);

        var outcome = await _cli.RunAsync("publish", file);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("job.json is not UTF-8: line 2, byte 9 is 0xE9", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Transport.Jobs);
    }

    [Theory]
    [InlineData("""{"model_name":"sum","inputs":[{"name":"x","data":["a\ud800"]}]}""")]
    [InlineData("""{"model_name":"sum","in\udc00puts":[]}""")]
    [InlineData("""{"model_name":"\ud800"}""")]
    [InlineData("""{"model_name":"sum","id":"\ud800"}""")]
    public async Task A_job_with_half_a_surrogate_pair_is_told_as_what_it_is(string job)
    {
        var outcome = await _cli.RunAsync(job, ["publish", "-"]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("half a surrogate pair", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Transport.Jobs);
    }

    [Fact]
    public async Task No_reply_in_time_ends_with_4()
    {
        using var cli = new CliRun
        {
            Transport = new ScriptedTransport((job, _) => throw new ReplyTimeoutException(job.Id!.Value, TimeSpan.FromSeconds(2))),
        };

        var outcome = await cli.RunAsync(Job, ["publish", "-", "--timeout", "2s"]);

        Assert.Equal(4, outcome.ExitCode);
        Assert.Equal(TimeSpan.FromSeconds(2), cli.ClientOptions!.Timeout);
        Assert.Contains("no reply within 2 s", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_model_can_be_chosen_and_numbers_stay_as_they_are()
    {
        const string Given = """{"parameters":{"exact":1.00000000000000000001},"model_name":"other","id":"0192f0c1-7a3b-7c4d-8e5f-0123456789ab","inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""";

        await _cli.RunAsync(Given, ["publish", "-", "--model", "sum", "--lane", "bulk"]);

        var sent = Assert.Single(_cli.Transport.Jobs);
        Assert.Equal((SumModel.Name, Lane.Bulk, Guid.Parse("0192f0c1-7a3b-7c4d-8e5f-0123456789ab")), (sent.ModelName, sent.Lane, sent.Id));
        var body = System.Text.Encoding.UTF8.GetString(sent.Body.Bytes.Span);
        Assert.Contains("1.00000000000000000001", body, StringComparison.Ordinal);
        Assert.StartsWith("{\"model_name\":\"sum\",\"parameters\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("other", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_waiting_the_id_is_printed()
    {
        var outcome = await _cli.RunAsync(Job, ["publish", "-", "--no-wait", "--broker", "amqp://host/"]);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal($"{Assert.Single(_cli.Transport.Jobs).Id}\n", outcome.Out);
    }

    [Theory]
    [InlineData(true, 4, "--timeout gives it longer")]
    [InlineData(false, 69, "the broker is set by --broker")]
    public async Task A_confirm_that_does_not_come_in_time_ends_with_4_and_a_broker_that_is_gone_with_69(bool isLate, int exitCode, string hint)
    {
        using var cli = new CliRun
        {
            Transport = new ScriptedTransport((_, _) => throw new BrokerConnectionException(
                BrokerAddress.TryCreate(new Uri("amqp://host/"))!, "has not confirmed the job.", isTransient: true) { IsLate = isLate }),
        };

        var outcome = await cli.RunAsync(Job, ["publish", "-", "--no-wait", "--broker", "amqp://host/"]);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Contains("has not confirmed the job", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(hint, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Out);
    }

    [Fact]
    public async Task Without_a_broker_there_is_nobody_to_leave_a_job_with()
    {
        var outcome = await _cli.RunAsync(Job, ["publish", "-", "--no-wait"]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--no-wait needs a broker", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "standard input is empty")]
    [InlineData("{\"model_name\":\n", "standard input is not JSON: line 2, byte 1")]
    [InlineData("[]", "standard input holds JSON, but not an object")]
    [InlineData("{\"inputs\":[]}", "standard input has no model_name")]
    [InlineData("{\"model_name\":\"../sum\"}", "'../sum' cannot be a model's name")]
    [InlineData("{\"model_name\":\"smu\"}", "no model 'smu' in ")]
    public async Task Input_that_is_no_job_is_misuse(string input, string error)
    {
        var outcome = await _cli.RunAsync(input, ["publish", "-"]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith($"millrace: {error}", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Transport.Jobs);
    }
}
