using System.Security.Cryptography;
using System.Text;
using Millrace.Contracts.Wire;
using Millrace.Producer.Client;
using Millrace.Producer.Scoring;
using Millrace.Worker.Inference;

namespace Millrace.Producer.Tests.Scoring;

public sealed class ScoreRunTests : IDisposable
{
    private static readonly Guid s_run = Guid.Parse("0192f0c1-7a3b-7c4d-8e5f-0123456789ab");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rows_keep_their_text_and_get_the_prediction_behind_it()
    {
        var (text, summary) = await ScoreAsync("id,a,b\nx,1,2\n\"y, z\", 3 ,4e0\n", new ScriptedTransport(SumModel.AnswerAsync));

        Assert.Equal("id,a,b,prediction,confidence\nx,1,2,3,0.5\n\"y, z\", 3 ,4e0,7,0.5\n", text);
        Assert.Equal((2, 0, 1), (summary.Rows, summary.FailedRows, summary.Jobs));
    }

    [Fact]
    public async Task Rows_come_in_the_files_order_however_the_replies_do()
    {
        const int Jobs = 16;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrived = 0;
        var answered = new List<long>();
        // No reply before all jobs are there, then the last job's first.
        var turns = Enumerable.Range(0, Jobs + 1).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        turns[Jobs].SetResult();
        var transport = new ScriptedTransport(async (job, cancellationToken) =>
        {
            if (Interlocked.Increment(ref arrived) == Jobs)
            {
                all.SetResult();
            }

            await all.Task.WaitAsync(cancellationToken);
            var turn = (int)(job.Parameters[JobParameters.RunRow].GetInt64() / 2);
            await turns[turn + 1].Task.WaitAsync(cancellationToken);
            answered.Add(turn);
            turns[turn].SetResult();
            return SumModel.Answer(job);
        });
        var rows = Enumerable.Range(0, Jobs * 2).Select(row => $"{row},{row},1").ToList();

        var (text, _) = await ScoreAsync($"id,a,b\n{string.Join('\n', rows)}\n", transport);

        Assert.Equal(Enumerable.Range(0, Jobs).Select(turn => (long)turn).Reverse(), answered);
        Assert.Equal(rows.Select((row, number) => $"{row},{number + 1},0.5"), text.TrimEnd().Split('\n').Skip(1));
    }

    [Fact]
    public async Task No_more_jobs_are_under_way_than_allowed()
    {
        var transport = new ScriptedTransport(async (job, _) =>
        {
            await Task.Yield();
            return SumModel.Answer(job);
        });
        var rows = string.Concat(Enumerable.Range(0, 400).Select(row => $"{row},1\n"));

        await ScoreAsync("a,b\n" + rows, transport, options => options with { MaxJobsInFlight = 3 });

        // Those in the channel, the one that waits to go in and the one whose reply is awaited.
        Assert.InRange(transport.MostInFlight, 1, 5);
        Assert.Equal(200, transport.Jobs.Count);
    }

    [Fact]
    public async Task Jobs_are_the_runs_row_ranges()
    {
        var transport = new ScriptedTransport(SumModel.AnswerAsync);

        await ScoreAsync("a,b\n1,1\n2,2\n3,3\n", transport);

        Assert.Equal([JobId.ForRows(s_run, 0, 2), JobId.ForRows(s_run, 2, 1)], transport.Jobs.Select(job => job.Id));
        Assert.All(transport.Jobs, job => Assert.Equal((Lane.Bulk, SumModel.Name), (job.Lane, job.ModelName)));
        Assert.True(OipFormat.TryReadBinaryJob(
            transport.Jobs[1].Body.Bytes, transport.Jobs[1].Body.HeaderLength!.Value, new WireLimits(), out var job, out _));
        Assert.Equal(s_run.ToString(), job.Parameters[JobParameters.RunId].GetString());
        Assert.Equal(2, job.Parameters[JobParameters.RunRow].GetInt64());
        Assert.Equal([1L, 2L], job.Inputs[0].Shape);
    }

    [Fact]
    public async Task A_cell_that_is_no_number_fails_its_row_only()
    {
        var transport = new ScriptedTransport(SumModel.AnswerAsync);

        var (text, summary) = await ScoreAsync("a,b\n1,1\n2,two\n3,3\n", transport);

        Assert.Equal(
            """
            a,b,prediction,confidence,error
            1,1,2,0.5,
            2,two,,,"column 'b': found 'two', expected FP32 (a number such as -1.5, 2e3 or NaN)"
            3,3,6,0.5,

            """,
            text);
        Assert.Equal(1, summary.FailedRows);
        Assert.Equal(
            "rows.csv, line 3: column 'b': found 'two', expected FP32 (a number such as -1.5, 2e3 or NaN)", Assert.Single(summary.Complaints));
        // A job's rows follow one another: the bad one ends the job before it.
        Assert.Equal([JobId.ForRows(s_run, 0, 1), JobId.ForRows(s_run, 2, 1)], transport.Jobs.Select(job => job.Id));
    }

    [Fact]
    public async Task A_row_of_another_width_is_brought_to_the_headers()
    {
        var (text, _) = await ScoreAsync("a,b\n1\n1,2,3\n1,2\n", new ScriptedTransport(SumModel.AnswerAsync));

        Assert.Equal(
            "a,b,prediction,confidence,error\n1,,,,\"1 fields, the header has 2\"\n1,2,,,\"3 fields, the header has 2\"\n1,2,3,0.5,\n", text);
    }

    [Fact]
    public async Task A_quote_that_is_never_closed_fails_one_row_and_is_closed()
    {
        var (text, summary) = await ScoreAsync("a,b\n1,2\n1,\"2\n3,4\n", new ScriptedTransport(SumModel.AnswerAsync));

        Assert.Equal("a,b,prediction,confidence,error\n1,2,3,0.5,\n1,\"2\n3,4\n\",,,a quote is never closed\n", text);
        Assert.Equal(1, summary.FailedRows);
    }

    [Fact]
    public async Task A_rejected_job_fails_its_rows_only()
    {
        var transport = new ScriptedTransport((job, _) => Task.FromResult(
            job.Parameters[JobParameters.RunRow].GetInt64() == 2 ? SumModel.Rejection(job) : SumModel.Answer(job)));

        var (text, summary) = await ScoreAsync("a,b\n1,1\n2,2\n3,3\n4,4\n5,5\n", transport);

        const string Error = "\"value_not_finite: inputs[0] 'x': NaN, \"\"finite\"\" wanted\"";
        Assert.Equal(
            $"a,b,prediction,confidence,error\n1,1,2,0.5,\n2,2,4,0.5,\n3,3,,,{Error}\n4,4,,,{Error}\n5,5,10,0.5,\n", text);
        Assert.Equal(2, summary.FailedRows);
        Assert.StartsWith("rows.csv, rows 3 to 4: value_not_finite", Assert.Single(summary.Complaints), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_labels_each_element_has_its_column()
    {
        var (text, summary) = await ScoreAsync("a,b,label\n1,2,3\n", new ScriptedTransport(SumModel.AnswerAsync), model: SumModel.Plain, label: "label");

        Assert.Equal("a,b,label,label_2,score\n1,2,3,3,0.5\n", text);
        Assert.Null(summary.Labels);
    }

    [Fact]
    public async Task Separator_line_ends_and_byte_order_mark_are_the_files_own()
    {
        var (text, _) = await ScoreAsync("\uFEFFa;b\r\n1;2\r\n\r\n3;4\r\n", new ScriptedTransport(SumModel.AnswerAsync));

        Assert.Equal("a;b;prediction;confidence\r\n1;2;3;0.5\r\n3;4;7;0.5\r\n", text);
    }

    [Fact]
    public async Task Labels_are_compared_and_the_file_is_known_by_its_hash()
    {
        const string Csv = "a,b,label\n1,1,2\n1,1,3\n";

        var (_, summary) = await ScoreAsync(Csv, new ScriptedTransport(SumModel.AnswerAsync), label: "label");

        Assert.Equal((2, 1), (summary.Labels!.Rows, summary.Labels.Hits));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Csv))), summary.Sha256);
    }

    [Fact]
    public async Task Nothing_is_left_of_a_run_that_failed()
    {
        var transport = new ScriptedTransport((_, _) => throw new ReplyTimeoutException(s_run, TimeSpan.FromSeconds(1)));

        await Assert.ThrowsAsync<ReplyTimeoutException>(() => ScoreAsync("a,b\n1,1\n2,2\n3,3\n", transport));

        Assert.Empty(_folder.Names);
    }

    [Fact]
    public async Task A_file_without_rows_gives_the_header()
    {
        var (text, summary) = await ScoreAsync("a,b\n", new ScriptedTransport(SumModel.AnswerAsync));

        Assert.Equal("a,b,prediction,confidence\n", text);
        Assert.Equal(0, summary.Rows);
    }

    [Fact]
    public async Task A_large_file_that_fails_late_is_written_anew_whole()
    {
        var rows = string.Concat(Enumerable.Range(0, 5000).Select(row => $"{row},\"1\",x\n"));

        var (text, summary) = await ScoreAsync($"a,b,c\n{rows}z,1,x\n", new ScriptedTransport(SumModel.AnswerAsync));

        var lines = text.TrimEnd().Split('\n');
        Assert.Equal(5002, lines.Length);
        Assert.All(lines.Skip(1).SkipLast(1).Index(), line => Assert.Equal($"{line.Index},\"1\",x,{line.Index + 1},0.5,", line.Item));
        Assert.Equal(1, summary.FailedRows);
    }

    private async Task<(string Text, ScoreSummary Summary)> ScoreAsync(
        string csv,
        ScriptedTransport transport,
        Func<ScoreOptions, ScoreOptions>? change = null,
        ModelDescription? model = null,
        string? label = null)
    {
        model ??= SumModel.Labelled;
        await using var client = new MillraceClient(transport, new MillraceClientOptions());
        await using var source = await CsvSource.OpenAsync("rows.csv", new MemoryStream(Encoding.UTF8.GetBytes(csv)), Token);
        var mapping = InputMapping.Resolve(model, source.Header, [], label);
        var outputs = OutputPlan.For(model, mapping.IsBatched, source.Header);
        ScoreSummary summary;
        await using (var target = ScoredCsv.ToFile(_folder["scored.csv"], source, outputs))
        {
            var options = new ScoreOptions { RunId = s_run, LabelColumn = label };
            var run = new ScoreRun(source, target, mapping, outputs, model, change?.Invoke(options) ?? options, new ScoreProgress());
            summary = await run.RunAsync(Task.FromResult(client), Token);
        }

        Assert.Equal(["scored.csv"], _folder.Names);
        return (await File.ReadAllTextAsync(_folder["scored.csv"], Token), summary);
    }
}
