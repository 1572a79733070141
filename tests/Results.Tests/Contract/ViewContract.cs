namespace Millrace.Results.Tests.Contract;

/// <summary>What a person with nothing but SQL gets.</summary>
public abstract class ViewContract(Func<CancellationToken, Task<TestStore>> create) : StoreContract(create)
{
    [Fact]
    public async Task A_label_and_a_score_are_read_with_one_operator()
    {
        var row = Rows.Succeeded("7", "3") with
        {
            Outputs =
            [
                Tensor.Create("label", [2, 1], ["7", "3"]),
                Tensor.Create<float>("score", [2, 1], [0.5f, 0.25f]),
            ],
        };
        await Store.CommitAsync([row], Token);

        var lines = await SelectAsync("SELECT row_index, outputs->>'label', outputs->>'score', status FROM {rows} ORDER BY row_index");

        Assert.Equal([["0", "7", "0.5", "succeeded"], ["1", "3", "0.25", "succeeded"]], lines);
    }

    [Fact]
    public async Task Each_line_has_its_rows_elements_and_what_belongs_to_all_rows()
    {
        var row = Rows.Succeeded() with
        {
            RowCount = 2,
            Outputs =
            [
                Tensor.Create<int>("scores", [2, 2], [1, 2, 3, 4]),
                Tensor.Create<bool>("flag", [2], [true, false]),
                Tensor.Create<int>("whole", [3], [7, 8, 9]),
                Tensor.Create<ulong>("big", [], [ulong.MaxValue]),
            ],
        };
        await Store.CommitAsync([row], Token);

        var lines = await SelectAsync(
            "SELECT outputs->'scores'->>1, outputs->'flag', outputs->'whole'->>2, outputs->'big' FROM {rows} ORDER BY row_index");

        Assert.Equal([["2", "true", "9", "18446744073709551615"], ["4", "false", "9", "18446744073709551615"]], lines);
    }

    [Fact]
    public async Task A_runs_lines_come_in_input_order()
    {
        var run = Guid.NewGuid();
        await Store.CommitAsync([Rows.OfRun(run, 3, "d", "e"), Rows.OfRun(Guid.NewGuid(), 0, "x"), Rows.OfRun(run, 0, "a", "b", "c")], Token);

        var lines = await SelectAsync($"SELECT run_row, outputs->>'label' FROM {{rows}} WHERE run_id = '{run}' ORDER BY run_row");

        Assert.Equal([["0", "a"], ["1", "b"], ["2", "c"], ["3", "d"], ["4", "e"]], lines);
    }

    [Fact]
    public async Task A_rejected_jobs_rows_have_lines_without_outputs()
    {
        await Store.CommitAsync([Rows.Rejected(rowCount: 2), Rows.Rejected(rowCount: 0)], Token);

        var lines = await SelectAsync("SELECT row_index, status, code, outputs, outputs->>'label' FROM {rows} ORDER BY row_index");

        Assert.Equal([["0", "rejected", "shape_mismatch", "{}", null], ["1", "rejected", "shape_mismatch", "{}", null]], lines);
    }

    [Fact]
    public async Task Good_rows_keep_their_places_and_bad_ones_have_their_errors()
    {
        var run = Guid.NewGuid();
        var row = Rows.Partial(Tensor.Create("label", [2, 1], ["7", "3"]), Tensor.Create<int>("scores", [2, 2], [1, 2, 3, 4])) with { RunId = run, RunRow = 10 };
        await Store.CommitAsync([row, Rows.Succeeded("x")], Token);

        var lines = await SelectAsync(
            $"SELECT row_index, run_row, status, code, error, outputs->>'label', outputs->'scores'->>1 FROM {{rows}} WHERE run_id = '{run}' ORDER BY row_index");
        var empty = await SelectAsync($"SELECT outputs FROM {{rows}} WHERE run_id = '{run}' AND row_index = 1");

        Assert.Equal(
            [
                ["0", "10", "succeeded", null, null, "7", "2"],
                ["1", "11", "rejected", "invalid_value", "no text", null, null],
                ["2", "12", "succeeded", null, null, "3", "4"],
                ["3", "13", "failed", "inference_failed", "index \"9\"", null, null],
            ],
            lines);
        Assert.Equal([["{}"]], empty);
    }

    [Fact]
    public async Task The_rows_of_a_job_without_a_good_one_have_each_its_own_error()
    {
        var row = Rows.Rejected(rowCount: 2) with
        {
            RowErrors = [new RowError(0, ErrorCode.InvalidValue, "first"), new RowError(1, ErrorCode.ValueNotFinite, "second")],
        };
        await Store.CommitAsync([row], Token);

        var lines = await SelectAsync("SELECT row_index, status, code, error, outputs FROM {rows} ORDER BY row_index");

        Assert.Equal([["0", "rejected", "invalid_value", "first", "{}"], ["1", "rejected", "value_not_finite", "second", "{}"]], lines);
    }

    /// <summary>Such a job is one row, whatever is in it: three boxes of three images are not one for each.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task The_outputs_of_a_model_that_runs_each_job_whole_are_whole_in_its_one_line(int boxes)
    {
        int[] data = [.. Enumerable.Range(0, boxes * 2)];
        await Store.CommitAsync([Rows.Succeeded() with { RowCount = 1, Outputs = [Tensor.Create<int>("boxes", [boxes, 2], data)] }], Token);

        var lines = await SelectAsync("SELECT row_index, outputs->'boxes'->>0, outputs->'boxes'->>" + ((boxes * 2) - 1) + " FROM {rows}");

        Assert.Equal([["0", "0", $"{(boxes * 2) - 1}"]], lines);
    }

    [Fact]
    public async Task A_value_is_reached_in_the_table_itself()
    {
        await Store.CommitAsync([Rows.Succeeded("7", "3")], Token);

        var lines = await SelectAsync("SELECT outputs->'label'->'data'->>1, outputs->'label'->>'datatype' FROM {results}");

        Assert.Equal([["3", "BYTES"]], lines);
    }

    [Fact]
    public async Task Runs_have_a_line_each()
    {
        var run = Guid.NewGuid();
        await Store.CommitAsync([Rows.OfRun(run, 0, "a", "b"), Rows.Rejected(rowCount: 2) with { RunId = run, RunRow = 2 }], Token);

        var lines = await SelectAsync("SELECT run_id, model_name, job_count, row_count, succeeded, rejected, failed FROM {runs}");

        Assert.Equal([[run.ToString(), "digits", "2", "4", "1", "1", "0"]], lines);
    }

    private Task<IReadOnlyList<string?[]>> SelectAsync(string sql) =>
        TestStore.SelectAsync(
            sql.Replace("{rows}", TestStore.Schema + "rows", StringComparison.Ordinal)
                .Replace("{runs}", TestStore.Schema + "runs", StringComparison.Ordinal)
                .Replace("{results}", TestStore.Schema + "results", StringComparison.Ordinal),
            Token);
}
