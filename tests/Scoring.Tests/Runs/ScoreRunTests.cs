using System.Security.Cryptography;
using System.Text;
using Millrace.Contracts.Wire;
using Millrace.Producer;
using Millrace.Scoring.Labels;
using Millrace.Scoring.Mapping;
using Millrace.Scoring.Runs;
using Millrace.Scoring.Sinks;
using Millrace.Scoring.Sources;
using Millrace.TestKit;

namespace Millrace.Scoring.Tests.Runs;

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
            var turn = (int)(job.Parameters[JobParameters.RunRow].GetInt64() / 2);
            if (turn == 0)
            {
                // The others wait for the first, which tells how large the outputs are.
                return SumModel.Answer(job);
            }

            if (Interlocked.Increment(ref arrived) == Jobs - 1)
            {
                all.SetResult();
            }

            await all.Task.WaitAsync(cancellationToken);
            await turns[turn + 1].Task.WaitAsync(cancellationToken);
            answered.Add(turn);
            turns[turn].SetResult();
            return SumModel.Answer(job);
        });
        var rows = Enumerable.Range(0, Jobs * 2).Select(row => $"{row},{row},1").ToList();

        var (text, _) = await ScoreAsync($"id,a,b\n{string.Join('\n', rows)}\n", transport);

        Assert.Equal(Enumerable.Range(1, Jobs - 1).Select(turn => (long)turn).Reverse(), answered);
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
    public async Task Jobs_are_known_by_their_run_and_first_row()
    {
        var transport = new ScriptedTransport(SumModel.AnswerAsync);

        await ScoreAsync("a,b\n1,1\n2,2\n3,3\n", transport);

        Assert.Equal([JobId.ForRun(s_run, 0), JobId.ForRun(s_run, 2)], transport.Jobs.Select(job => job.Id));
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
            "rows.csv, row 2, line 3: column 'b': found 'two', expected FP32 (a number such as -1.5, 2e3 or NaN)", Assert.Single(summary.Complaints));
        // A job's rows follow one another: the bad one ends the job before it.
        Assert.Equal([JobId.ForRun(s_run, 0), JobId.ForRun(s_run, 2)], transport.Jobs.Select(job => job.Id));
    }

    [Fact]
    public async Task A_row_of_another_width_is_brought_to_the_headers()
    {
        var (text, _) = await ScoreAsync("a,b\n1\n1,2,3\n1,2\n", new ScriptedTransport(SumModel.AnswerAsync));

        Assert.Equal(
            "a,b,prediction,confidence,error\n1,,,,\"1 field, the header has 2; the row: 1\"\n"
            + "1,2,,,\"3 fields, the header has 2; the row: 1,2,3\"\n1,2,3,0.5,\n",
            text);
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
        Assert.StartsWith("rows.csv, rows 3 to 4, lines 4 to 5: value_not_finite", Assert.Single(summary.Complaints), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_labels_each_element_has_its_column()
    {
        var (text, summary) = await ScoreAsync("a,b,label\n1,2,3\n", new ScriptedTransport(SumModel.AnswerAsync), model: SumModel.Plain, label: "label");

        Assert.Equal("a,b,label,label_2,score\n1,2,3,3,0.5\n", text);
        Assert.Equal((1, 1), (summary.Labels!.All.Rows, summary.Labels.All.Hits));
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

        Assert.Equal((2, 1), (summary.Labels!.All.Rows, summary.Labels.All.Hits));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Csv))), summary.Sha256);
    }

    [Fact]
    public async Task A_job_that_is_refused_for_its_size_is_sent_again_in_parts_and_the_next_are_smaller()
    {
        var transport = new ScriptedTransport((job, _) => Task.FromResult(
            job.Inputs[0].Shape[0] > 3 ? SumModel.Rejection(job) with { Code = ErrorCode.ShapeTooLarge } : SumModel.Answer(job)));

        var (text, summary) = await ScoreAsync(
            "a,b\n" + string.Concat(Enumerable.Range(0, 20).Select(row => $"{row},1\n")), transport, options => options with { RowsPerJob = 10, MaxJobsInFlight = 1 });

        Assert.Equal(Enumerable.Range(0, 20).Select(row => $"{row},1,{row + 1},0.5"), text.TrimEnd().Split('\n').Skip(1));
        Assert.Equal((20, 0), (summary.Rows, summary.FailedRows));
        Assert.Equal(transport.Jobs.Count, transport.Jobs.DistinctBy(job => job.Id).Count());
        Assert.Equal(transport.Jobs.Count, summary.Jobs);
        // 10, its halves of 5, theirs of 2 and 3: and no job of the rows behind has more than 2 or 3.
        Assert.InRange(transport.Jobs.Count, 7 + 4, 7 + 6);
    }

    [Fact]
    public async Task A_row_that_is_too_large_alone_fails_alone()
    {
        var transport = new ScriptedTransport((job, _) => Task.FromResult(
            job.Inputs[0].AsSpan<float>().Contains(7f) ? SumModel.Rejection(job) with { Code = ErrorCode.PayloadTooLarge } : SumModel.Answer(job)));

        var (text, summary) = await ScoreAsync(
            "a,b\n1,1\n2,1\n7,1\n4,1\n", transport, options => options with { RowsPerJob = 4 });

        Assert.Equal((4, 1), (summary.Rows, summary.FailedRows));
        Assert.Contains("\n2,1,3,0.5,\n7,1,,,\"payload_too_large: ", text, StringComparison.Ordinal);
        Assert.Contains("\n4,1,5,0.5,\n", text, StringComparison.Ordinal);
        Assert.StartsWith("rows.csv, row 3, line 4: ", Assert.Single(summary.Complaints), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_that_the_reply_names_as_bad_fails_alone()
    {
        var transport = new ScriptedTransport((job, _) =>
        {
            Assert.Equal(job.Inputs[0].Shape[0] > 1, job.Parameters.TryGetValue(JobParameters.Partial, out var partial) && partial.GetBoolean());
            return Task.FromResult(SumModel.AnswerGood(job, bad: [7f, 9f]));
        });

        var (text, summary) = await ScoreAsync(
            "a,b,label\n7,1,0\n2,1,3\n9,1,0\n4,1,5\n9,9,1\n", transport, options => options with { RowsPerJob = 4 }, label: "label");

        Assert.Equal(
            """
            a,b,label,prediction,confidence,error
            7,1,0,,,inference_failed: bad 7
            2,1,3,3,0.5,
            9,1,0,,,inference_failed: bad 9
            4,1,5,5,0.5,
            9,9,1,,,inference_failed: all are bad

            """,
            text);
        Assert.Equal((5, 3), (summary.Rows, summary.FailedRows));
        Assert.Equal((2, 2), (summary.Labels!.All.Rows, summary.Labels.All.Hits));
        Assert.Equal(
            ["rows.csv, row 1, line 2: inference_failed: bad 7", "rows.csv, row 3, line 4: inference_failed: bad 9", "rows.csv, row 5, line 6: inference_failed: all are bad"],
            summary.Complaints);
    }

    [Fact]
    public async Task A_place_is_the_row_and_the_line_where_it_begins_whoever_found_the_mistake()
    {
        var transport = new ScriptedTransport((job, _) => Task.FromResult(SumModel.AnswerGood(job, bad: [7f, 9f])));

        var (_, summary) = await ScoreAsync(
            "note,a,b\n\"two\nlines\",1,1\n\nx,7,1\ny,oops,1\nz,9,1\n", transport, options => options with { RowsPerJob = 4 });

        Assert.Equal(
            ["rows.csv, row 2, line 5: inference_failed: bad 7", "rows.csv, row 3, line 6: column 'a'", "rows.csv, row 4, line 7: inference_failed: all are bad"],
            summary.Complaints.Order(StringComparer.Ordinal).Select(complaint => complaint.Split(": found")[0]));
    }

    [Theory]
    [InlineData("attempt 1: no; such index; attempt 2: no; such index; attempt 3: no; such index", "no; such index (tried 3 times)")]
    [InlineData("attempt 1: no; attempt 2: yes; attempt 2: no", "attempt 1: no; attempt 2: yes; attempt 2: no")]
    [InlineData("attempt 1: no", "attempt 1: no")]
    [InlineData("attempt 1: out of memory; attempt 2: no", "attempt 1: out of memory; attempt 2: no")]
    public async Task Attempts_that_ended_alike_are_told_once(string error, string told)
    {
        var transport = new ScriptedTransport((job, _) => Task.FromResult(
            SumModel.Rejection(job) with { Status = JobStatus.Failed, Code = ErrorCode.InferenceFailed, Error = error }));

        var (text, _) = await ScoreAsync("a,b\n1,1\n", transport);

        Assert.EndsWith($",inference_failed: {told}\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_every_row_is_bad_each_is_told_its_own_reason()
    {
        var transport = new ScriptedTransport((job, _) => Task.FromResult(SumModel.AnswerGood(job, bad: [7f, 9f])));

        var (text, summary) = await ScoreAsync("a,b\n7,1\n9,1\n", transport);

        Assert.Equal("a,b,prediction,confidence,error\n7,1,,,inference_failed: bad 7\n9,1,,,inference_failed: bad 9\n", text);
        Assert.Equal(2, summary.FailedRows);
    }

    [Fact]
    public async Task Rows_that_were_not_told_apart_are_sent_again()
    {
        var transport = new ScriptedTransport((job, _) =>
        {
            var rows = (int)job.Inputs[0].Shape[0];
            return Task.FromResult(rows > 2
                ? SumModel.Rejection(job) with { RowErrors = [.. Enumerable.Range(0, rows).Select(row => new RowError(row, ErrorCode.RowNotRun, "…"))] }
                : SumModel.AnswerGood(job, bad: [3f]));
        });

        var (text, summary) = await ScoreAsync("a,b\n1,1\n2,1\n3,1\n4,1\n", transport, options => options with { RowsPerJob = 4 });

        Assert.Equal("a,b,prediction,confidence,error\n1,1,2,0.5,\n2,1,3,0.5,\n3,1,,,inference_failed: bad 3\n4,1,5,0.5,\n", text);
        Assert.Equal(1, summary.FailedRows);
    }

    [Fact]
    public async Task Texts_are_parted_by_their_lengths()
    {
        var model = SumModel.Plain with
        {
            Inputs = [new TensorDescription("x", TensorDatatype.Bytes, [-1, 2])],
            Outputs = [new TensorDescription("y", TensorDatatype.Bytes, [-1, 2])],
        };
        var transport = new ScriptedTransport((job, _) => Task.FromResult(job.Inputs[0].Shape[0] > 1
            ? SumModel.Rejection(job) with { Code = ErrorCode.ReplyTooLarge }
            : new PredictionResult { Status = JobStatus.Succeeded, Outputs = [job.Inputs[0] with { Name = "y" }] }));

        var (text, _) = await ScoreAsync("a,b\none,\n,two\nö,three\n", transport, options => options with { RowsPerJob = 3 }, model);

        Assert.Equal("a,b,y_0,y_1\none,,one,\n,two,,two\nö,three,ö,three\n", text);
    }

    [Fact]
    public async Task Outputs_of_a_known_size_bound_the_rows_of_a_job()
    {
        var model = SumModel.Plain with
        {
            MaxBatchSize = 64,
            MaxOutputBytes = 1000,
            Outputs = [new TensorDescription("y", TensorDatatype.Fp32, [-1, 100])],
        };
        var transport = new ScriptedTransport((job, _) => Task.FromResult(new PredictionResult
        {
            Status = JobStatus.Succeeded,
            Outputs = [Tensor.Create<float>("y", [job.Inputs[0].Shape[0], 100], new float[job.Inputs[0].Shape[0] * 100])],
        }));

        await ScoreAsync("a,b\n1,1\n2,2\n3,3\n", transport, model: model);

        Assert.Equal(2, transport.Jobs.Count);
    }

    [Fact]
    public async Task Rows_that_change_each_others_answers_go_alone_and_what_they_give_is_all_theirs()
    {
        var model = SumModel.Plain with
        {
            IsBatchable = false,
            MaxBatchSize = 1,
            Outputs = [new TensorDescription("boxes", TensorDatatype.Fp32, [-1, 2], HasRows: false), new TensorDescription("mean", TensorDatatype.Fp32, [-1, 1])],
        };
        var transport = new ScriptedTransport((job, _) =>
        {
            var numbers = job.Inputs[0].AsSpan<float>().ToArray();
            var boxes = (int)numbers[0];
            return Task.FromResult(new PredictionResult
            {
                Status = JobStatus.Succeeded,
                Outputs = [Tensor.Create<float>("boxes", [boxes, 2], new float[boxes * 2]), Tensor.Create<float>("mean", [1, 1], [numbers[1]])],
            });
        });

        var (text, _) = await ScoreAsync("a,b\n0,1\n1,2\n2,3\n", transport, model: model);

        Assert.Equal("a,b,boxes,mean\n0,1,[],1\n1,2,\"[0,0]\",2\n2,3,\"[0,0,0,0]\",3\n", text);
        Assert.Equal(3, transport.Jobs.Count);
    }

    [Fact]
    public async Task Several_rows_a_job_are_refused_where_outputs_are_of_no_row()
    {
        var model = SumModel.Plain with { IsBatchable = false, Outputs = [new TensorDescription("boxes", TensorDatatype.Fp32, [-1, 2], HasRows: false)] };

        var refused = await Assert.ThrowsAsync<UsageException>(
            () => ScoreAsync("a,b\n0,1\n", new ScriptedTransport(SumModel.AnswerAsync), options => options with { RowsPerJob = 3 }, model));

        Assert.Contains("output 'boxes' of model 'sum' is not one for each row", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_is_not_one_for_each_row_is_dealt_out_to_none()
    {
        var transport = new ScriptedTransport((job, _) => Task.FromResult(SumModel.Answer(job) with
        {
            Outputs = [Tensor.Create("label", [4, 1], ["1", "2", "3", "4"]), Tensor.Create<float>("score", [2, 1], [1f, 2f])],
        }));

        var (text, summary) = await ScoreAsync("a,b\n1,1\n2,2\n", transport);

        Assert.Equal(2, summary.FailedRows);
        Assert.Contains("the reply's output 'label' has shape [4,1], which is not one for each of 2 row(s)", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_rows_of_another_run_end_it_at_the_first_job()
    {
        var transport = new ScriptedTransport((job, _) => Task.FromResult(SumModel.Rejection(job) with { Code = ErrorCode.IdConflict }));

        await Assert.ThrowsAsync<RunConflictException>(() => ScoreAsync(
            "a,b\n" + string.Concat(Enumerable.Range(0, 50).Select(row => $"{row},1\n")), transport, options => options with { IsTakenUp = true }));

        Assert.Single(transport.Jobs);
        Assert.Empty(_folder.Names);
    }

    [Fact]
    public async Task All_jobs_ask_the_version_that_the_run_was_planned_with()
    {
        var transport = new ScriptedTransport((job, _) => Task.FromResult(
            job.ModelVersion == "7" ? SumModel.Answer(job) : SumModel.Rejection(job)));

        var (_, summary) = await ScoreAsync("a,b\n1,1\n2,2\n3,3\n", transport, model: SumModel.Labelled with { Version = "7" });

        Assert.Equal(0, summary.FailedRows);
    }

    [Fact]
    public async Task Labels_are_compared_with_an_output_that_is_not_written()
    {
        var (text, summary) = await ScoreAsync("a,b,label\n1,1,2\n1,1,3\n", new ScriptedTransport(SumModel.AnswerAsync), label: "label", asked: "score");

        Assert.Equal("a,b,label,score\n1,1,2,0.5\n1,1,3,0.5\n", text);
        Assert.Equal((2, 1), (summary.Labels!.All.Rows, summary.Labels.All.Hits));
    }

    [Fact]
    public async Task Columns_in_another_order_give_the_same_answers()
    {
        var (text, _) = await ScoreAsync("b,id,a\n2,x,1\n", new ScriptedTransport((job, _) =>
        {
            Assert.Equal([1f, 2f], job.Inputs[0].AsSpan<float>().ToArray());
            return Task.FromResult(SumModel.Answer(job));
        }));

        Assert.Equal("b,id,a,prediction,confidence\n2,x,1,3,0.5\n", text);
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
        string? label = null,
        string? asked = null)
    {
        model ??= SumModel.Labelled;
        await using var client = new MillraceClient(transport, new MillraceClientOptions());
        await using var source = await CsvSource.OpenAsync("rows.csv", new MemoryStream(Encoding.UTF8.GetBytes(csv)), Token);
        var mapping = InputMapping.Resolve(model, source.Header, [], label);
        var plan = LabelPlan.Choose(label, askedOutput: null, model, mapping);
        var outputs = OutputPlan.For(model, mapping.IsBatched, source.Header, asked, plan?.Target);
        ScoreSummary summary;
        await using (var target = ScoredCsv.ToFile(_folder["scored.csv"], source, outputs))
        {
            var options = new ScoreOptions { RunId = s_run, Label = plan };
            options = change?.Invoke(options) ?? options;
            var run = new ScoreRun(
                source, target, mapping, outputs, model, JobSizes.Choose(model, mapping, options), options, new ScoreProgress());
            summary = await run.RunAsync(client, Token);
        }

        Assert.Equal(["scored.csv"], _folder.Names);
        return (await File.ReadAllTextAsync(_folder["scored.csv"], Token), summary);
    }
}
