using Millrace.TestKit;

namespace Millrace.Cli.Tests.Score;

public sealed class ScoreCommandTests : IDisposable
{
    private const string Csv = "a,b,label\n1,1,2\n2,2,4\n3,3,7\n";

    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_file_is_scored_and_summed_up()
    {
        var input = _cli.Folder.Write("rows.csv", Csv);

        var outcome = await _cli.Set("MILLRACE_COMMAND", "./run").RunAsync("score", input, "--output", _cli.Folder["out/scored.csv"]);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Out));
        Assert.Equal(
            "a,b,label,prediction,confidence\n1,1,2,2,0.5\n2,2,4,4,0.5\n3,3,7,6,0.5\n",
            await File.ReadAllTextAsync(_cli.Folder["out/scored.csv"], TestContext.Current.CancellationToken));
        Assert.Contains("scored     3 rows in ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("accuracy   66.7 % of 3 against 'label'\n", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"output     {_cli.Folder["out/scored.csv"]}\n", outcome.Error, StringComparison.Ordinal);
        Assert.Matches("results    \\./run results --run [0-9a-f-]{36} --limit 5\n", outcome.Error);
    }

    [Fact]
    public async Task Standard_input_is_scored_to_standard_output()
    {
        var outcome = await _cli.RunAsync(Csv, ["score", "-", "--rows-per-job", "1"]);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal("a,b,label,prediction,confidence,error\n1,1,2,2,0.5,\n2,2,4,4,0.5,\n3,3,7,6,0.5,\n", outcome.Out);
        Assert.Equal(3, _cli.Transport.Jobs.Count);
    }

    [Fact]
    public async Task A_bad_cell_is_told_and_ends_with_3()
    {
        var outcome = await _cli.RunAsync("a,b\n1,x\n1,2\n", ["score", "-"]);

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("standard input, row 1, line 2: column 'b': found 'x', expected FP32", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("1 of 2 rows did not succeed", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("\n1,2,3,0.5,\n", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_was_broken_off_says_how_to_go_on()
    {
        var broken = true;
        using var cli = new CliRun
        {
            Transport = new ScriptedTransport((job, _) => broken
                ? throw new Millrace.Producer.ReplyTimeoutException(job.Id!.Value, TimeSpan.FromSeconds(60))
                : Task.FromResult(SumModel.Answer(job))),
        };
        var first = await cli.RunAsync(Csv, ["score", "-"]);
        Assert.Equal(4, first.ExitCode);
        var mark = first.Error.IndexOf("--run ", StringComparison.Ordinal) + "--run ".Length;
        var run = first.Error[mark..(mark + 36)];
        var sent = cli.Transport.Jobs[0].Id;

        broken = false;
        var second = await cli.RunAsync(Csv, ["score", "-", "--run", run]);

        Assert.Equal(0, second.ExitCode);
        Assert.Equal(sent, cli.Transport.Jobs[^2].Id);
    }

    [Fact]
    public async Task An_empty_output_is_misuse()
    {
        var outcome = await _cli.RunAsync("score", _cli.Folder.Write("rows.csv", Csv), "--output", "");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--output is empty, expected a file's name", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_half_is_written_as_the_number_that_it_is()
    {
        _cli.Model = SumModel.Plain with { Outputs = [new TensorDescription("y", TensorDatatype.Fp16, [-1, 1])] };
        using var cli = new CliRun
        {
            Model = _cli.Model,
            Transport = new ScriptedTransport((job, _) => Task.FromResult(new PredictionResult
            {
                Status = JobStatus.Succeeded,
                Outputs = [Tensor.Create<Half>("y", [1, 1], [Half.MaxValue])],
            })),
        };

        Assert.Contains("\n1,1,65504,\n", (await cli.RunAsync("a,b\n1,1\n", ["score", "-"])).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("out")]
    [InlineData("out/")]
    public async Task A_directory_is_no_output(string output)
    {
        Directory.CreateDirectory(_cli.Folder["out"]);

        var outcome = await _cli.RunAsync("score", _cli.Folder.Write("rows.csv", Csv), "--output", _cli.Folder[output]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("is a directory, expected a file", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Transport.Jobs);
    }

    [Fact]
    public async Task What_a_killed_run_left_is_removed_and_a_living_ones_is_not()
    {
        var left = _cli.Folder.Write($"scored.csv.{Guid.NewGuid():N}.tmp", "a");
        var others = _cli.Folder.Write("scored.csv.mine.tmp", "a");
        await using var living = new FileStream(_cli.Folder[$"scored.csv.{Guid.NewGuid():N}.tmp"], FileMode.CreateNew, FileAccess.Write, FileShare.Read);

        var outcome = await _cli.RunAsync("score", _cli.Folder.Write("rows.csv", Csv), "--output", _cli.Folder["scored.csv"]);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains($"removed {left}: a run that was killed left it\n", outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(left));
        Assert.True(File.Exists(others) && File.Exists(living.Name));
    }

    [Fact]
    public async Task A_pipe_is_written_to_and_stays_one()
    {
        // Not a device of the system's: where this fails, a file takes its place.
        var pipe = _cli.Folder["pipe"];
        using (var made = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var reading = Task.Run(() => File.ReadAllText(pipe), TestContext.Current.CancellationToken);

        var outcome = await _cli.RunAsync("score", _cli.Folder.Write("rows.csv", "a,b\n1,1\n"), "--output", pipe);

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal("a,b,prediction,confidence,error\n1,1,2,0.5,\n", await reading);
    }

    [Theory]
    [InlineData("nowhere.csv", "no file '")]
    [InlineData("models", "' is a directory, expected a file")]
    public async Task An_input_that_is_not_there_is_misuse(string name, string error)
    {
        var outcome = await _cli.RunAsync("score", _cli.Folder[name]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(error, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistyped_name_is_answered_with_the_one_nearby()
    {
        _cli.Folder.Write("rows.csv", Csv);

        var outcome = await _cli.RunAsync("score", _cli.Folder["row.csv"]);

        Assert.Contains("hint: did you mean 'rows.csv'?", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "standard input is empty")]
    [InlineData("a,c\n1,2\n", "no column 'b' in the file, for input 'x'")]
    public async Task A_file_that_cannot_be_scored_is_misuse(string csv, string error)
    {
        var outcome = await _cli.RunAsync(csv, ["score", "-"]);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Out));
        Assert.StartsWith($"millrace: {error}", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_original_is_not_written_over()
    {
        var input = _cli.Folder.Write("rows.csv", Csv);

        var outcome = await _cli.RunAsync("score", input, "--output", _cli.Folder["./rows.csv"]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal(Csv, await File.ReadAllTextAsync(input, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_original_is_not_written_over_by_way_of_a_link_or_of_the_default()
    {
        var input = _cli.Folder.Write("rows.csv", Csv);
        Directory.CreateDirectory(_cli.Folder["other"]);
        File.CreateSymbolicLink(_cli.Folder["link.csv"], input);
        File.CreateSymbolicLink(_cli.Folder["other/folder"], _cli.Folder["."]);

        foreach (var (file, output) in new[] { ("rows.csv", "link.csv"), ("link.csv", "rows.csv"), ("rows.csv", "other/folder/rows.csv") })
        {
            var outcome = await _cli.RunAsync("score", _cli.Folder[file], "--output", _cli.Folder[output]);

            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains("is the file to score", outcome.Error, StringComparison.Ordinal);
        }

        Assert.Equal(Csv, await File.ReadAllTextAsync(input, TestContext.Current.CancellationToken));
        Assert.Empty(_cli.Transport.Jobs);
    }

    [Fact]
    public async Task An_output_where_no_file_can_be_made_is_refused_before_the_run_with_the_reason()
    {
        var file = _cli.Folder.Write("rows.csv", Csv);
        foreach (var (place, reason) in new[] { (_cli.Folder["rows.csv/scored.csv"], "it is a file, and no directory"), ("/proc/none/scored.csv", "no file can be made in '/proc': ") })
        {
            var outcome = await _cli.RunAsync("score", file, "--output", place);

            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains($"--output {place}: no file can be made in", outcome.Error, StringComparison.Ordinal);
            Assert.Contains(reason, outcome.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("was not finished", outcome.Error, StringComparison.Ordinal);
        }

        Assert.Empty(_cli.Transport.Jobs);
    }

    [Fact]
    public async Task A_place_where_no_results_can_be_kept_is_told_with_the_variable_that_names_another()
    {
        var outcome = await _cli.Set("Store__Path", "/proc/none/results.db").RunAsync(Csv, ["score", "-"]);

        Assert.Equal(78, outcome.ExitCode);
        Assert.Contains("millrace: no file for the results can be made: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("'/proc/none'", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("hint: Store__Path names another one", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("was not finished", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_that_is_written_under_another_name_is_told_before_the_run()
    {
        _cli.Model = SumModel.Plain;

        var outcome = await _cli.RunAsync("a,b,label,error\n1,1,2,x\n", ["score", "-"]);

        Assert.Contains(
            "\nwritten under another name, for the first is taken: 'label' as 'label_2', 'error' as 'error_2'\nscored", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gr\u00F6\u00DFe", "Gro\u0308\u00DFe")]
    [InlineData("Gro\u0308\u00DFe", "Gr\u00F6\u00DFe")]
    public async Task An_accented_letter_in_one_piece_or_in_two_is_one_letter(string declared, string header)
    {
        using var cli = EchoModel.Of(TensorDatatype.Fp32, declared);

        Assert.Equal(["x,1,1,"], (await cli.ScoreAsync($"id,{header}\nx,1\n")).Rows());
        Assert.Equal(["x,1,1,"], (await cli.ScoreAsync($"id,{header}\nx,1\n", "--columns", $"x={declared}")).Rows());
        (await cli.ScoreAsync($"{declared},{header}\nx,1\n")).WasRefused(new CliRun(), "is in the file twice (columns 1 and 2)");
    }

    [Fact]
    public async Task A_models_folder_a_step_too_deep_or_too_shallow_is_answered_with_the_right_one()
    {
        var models = _cli.Folder["repository/models"];
        Directory.CreateDirectory(Path.Combine(models, "iris", "1"));
        Directory.CreateDirectory(Path.Combine(models, "iris", "2"));
        await File.WriteAllTextAsync(Path.Combine(models, "iris", "1", "model.onnx"), "", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(models, "iris", "2", "model.onnx"), "", TestContext.Current.CancellationToken);

        foreach (var wrong in new[] { "repository", "repository/models/iris", "repository/models/iris/", "repository/models/iris/1" })
        {
            foreach (var model in new string[][] { [], ["--model", "iris"] })
            {
                var outcome = await _cli.RunAsync(Csv, ["score", "-", "--models", _cli.Folder[wrong], .. model]);

                Assert.Equal(2, outcome.ExitCode);
                Assert.Contains($"--models {models} (", outcome.Error, StringComparison.Ordinal);
                Assert.DoesNotContain("mv ", outcome.Error, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Of_several_models_one_is_to_be_named()
    {
        Directory.CreateDirectory(_cli.Folder["models/other"]);

        var outcome = await _cli.RunAsync(Csv, ["score", "-"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("holds 'other', 'sum'", outcome.Error, StringComparison.Ordinal);

        Assert.Equal(0, (await _cli.RunAsync(Csv, ["score", "-", "--model", "sum"])).ExitCode);
    }

    [Fact]
    public async Task On_the_file_of_its_evaluation_the_rows_held_out_are_named()
    {
        var sha256 = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Csv)));
        _cli.Model = SumModel.Labelled with { Evaluation = new EvaluationDescription("rows.csv", sha256, "label", HeldOutEvery: 2, HeldOutFirst: 1) };

        var outcome = await _cli.RunAsync(Csv, ["score", "-"]);

        Assert.Contains("accuracy   66.7 % of 3 against 'label', rows of the training included\n", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("held out   rows 1, 3, 5, … (every 2nd, never trained on): 50.0 % of 2\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_label_column_can_be_named()
    {
        var outcome = await _cli.RunAsync("a,b,truth\n1,1,2\n", ["score", "-", "--label", "truth"]);
        Assert.Contains("accuracy   100.0 % of 1 against 'truth'", outcome.Error, StringComparison.Ordinal);

        outcome = await _cli.RunAsync("a,b,truth\n1,1,2\n", ["score", "-", "--label", "turth"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("did you mean 'truth'?", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_feeds_what_is_told_before_the_run()
    {
        var outcome = await _cli.RunAsync("id,b,a,label\n1,1,1,2\n", ["score", "-"]);

        Assert.StartsWith(
            """
            x [2] <- a, b (columns 3, 2)
            label <- label (column 4), compared with output 'label' as classes, for it is BYTES; the best of the model's labels
            not used: id (column 1)
            scored
            """.ReplaceLineEndings("\n"),
            outcome.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_leaves_the_columns_open_is_refused_with_the_option_to_paste()
    {
        _cli.Model = SumModel.Labelled with { Columns = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) };

        var outcome = await _cli.RunAsync("id,a,b,label\n7,1,1,2\n", ["score", "-"]);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Out));
        Assert.Contains("hint: if it is these: --columns x=a,b; once for all files, in model.json: \"columns\": {\"x\": [\"a\", \"b\"]}", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Transport.Jobs);

        outcome = await _cli.RunAsync("id,a,b,label\n7,1,1,2\n", ["score", "-", "--columns", "x=a,b"]);
        Assert.Equal((0, "id,a,b,label,prediction,confidence,error\n7,1,1,2,2,0.5,\n"), (outcome.ExitCode, outcome.Out));
    }

    [Fact]
    public async Task A_regression_is_compared_by_its_errors()
    {
        _cli.Model = SumModel.Plain;

        var outcome = await _cli.RunAsync("a,b,truth\n1,1,0.25\n2,2,0.75\n", ["score", "-", "--label", "truth", "--label-output", "score"]);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("label <- truth (column 3), compared with output 'score' as numbers, for it is FP32\n", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("errors     MAE 0.25, RMSE 0.25, R² 0 over 2 rows against 'truth'\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_that_cannot_be_compared_say_why_not()
    {
        _cli.Model = SumModel.Plain;

        var outcome = await _cli.RunAsync("a,b,truth\n1,1,2\n", ["score", "-", "--label", "truth"]);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("label      'truth' was not compared: model 'sum' has 2 outputs that it could be: 'label', 'score'", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_outputs_to_write_are_chosen()
    {
        var outcome = await _cli.RunAsync("a,b\n1,1\n", ["score", "-", "--outputs", "score,label"]);
        Assert.Equal("a,b,score,label,error\n1,1,0.5,2,\n", outcome.Out);

        outcome = await _cli.RunAsync("a,b\n1,1\n", ["score", "-", "--outputs", "scor"]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("hint: did you mean 'score'?", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_whose_name_begins_with_an_at_sign_is_a_column()
    {
        var outcome = await _cli.RunAsync("a,b,@sum\n1,1,2\n", ["score", "-", "--label", "@sum"]);

        Assert.Contains("accuracy   100.0 % of 1 against '@sum'\n", outcome.Error, StringComparison.Ordinal);
    }
}
