using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Results;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Jobs;
using Millrace.Worker.Tests.Onnx;
using Xunit;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Batching;

/// <summary>Jobs that want their good rows answered and the bad ones named.</summary>
public sealed class PartialJobTests
{
    // Texts for 0 to 4; one of them is none that Postgres can store.
    private static OnnxGraph Texts => new OnnxGraph()
        .Constant(Tensor.Create("texts", [5], ["zero", "one", "t\0wo", "", "four"]))
        .Input("x", TensorDatatype.Int64, -1)
        .Node("Gather", ["texts", "x"], ["t"])
        .Output("t", TensorDatatype.Bytes, -1);

    [Fact]
    public async Task The_rows_that_the_model_refuses_are_named_and_the_others_answered()
    {
        using var model = TestModel.Open(OnnxGraph.Lookup());
        var partial = model.PartialJob(X(0, 1, 99, 3, 98, 4));
        var neighbour = model.Job(X(2));
        var plain = model.Job(X(0, 99));

        var store = await LoopRun.RunAsync(model, [partial, neighbour, plain]);

        var row = store.Rows[partial.JobId];
        AssertAnswered(row, 6, [0, 10, 30, 40], [2, 4]);
        Assert.All(row.RowErrors, error => Assert.Equal(ErrorCode.InferenceFailed, error.Code));
        Assert.Contains("idx=99 must be within", row.RowErrors[0].Error, StringComparison.Ordinal);
        Assert.Contains("idx=98 must be within", row.RowErrors[1].Error, StringComparison.Ordinal);
        Assert.Equal([20f], store.Rows[neighbour.JobId].Outputs[0].AsSpan<float>().ToArray());
        Assert.Equal(JobStatus.Failed, store.Rows[plain.JobId].Status);
        Assert.Empty(store.Rows[plain.JobId].RowErrors);
        Assert.Equal(3, store.CommittedRows);
    }

    [Fact]
    public async Task A_job_whose_rows_are_all_good_is_answered_as_any_other()
    {
        using var model = TestModel.Open(OnnxGraph.Lookup(), new ModelConfig { MaxBatchSize = 2 });
        var partial = model.PartialJob(X(0, 1, 2));
        var plain = model.Job(X(0, 1, 2));

        var store = await LoopRun.RunAsync(model, [partial, plain]);

        AssertAnswered(store.Rows[partial.JobId], 3, [0, 10, 20], []);
        Assert.Equal(store.Rows[plain.JobId].Outputs[0].Data.ToArray(), store.Rows[partial.JobId].Outputs[0].Data.ToArray());
    }

    /// <summary>Another attempt may heal what the first one saw: only the last one's rows are bad for good.</summary>
    [Fact]
    public async Task A_row_that_may_heal_has_all_attempts_and_is_named_at_the_last()
    {
        using var model = TestModel.Open(OnnxGraph.FailingLookup());
        var partial = model.PartialJob(X(0, 1, 99, 3));
        var runs = new List<int>();

        var store = await LoopRun.RunAsync(model, [partial], attempts: 3, runs);

        AssertAnswered(store.Rows[partial.JobId], 4, [0, 10, 30], [2]);
        Assert.Contains("ConstantOfShape", store.Rows[partial.JobId].RowErrors[0].Error, StringComparison.Ordinal);
        // Three attempts at all rows; then the halves of the last one.
        Assert.Equal([0, 0, 0], runs[..3]);
        Assert.InRange(runs.Count, 5, 3 + 4);
    }

    [Fact]
    public async Task A_job_without_a_good_row_ends_as_without_partial_and_names_them_all()
    {
        using var model = TestModel.Open(OnnxGraph.Lookup());
        var partial = model.PartialJob(X(97, 98, 99));
        var plain = model.Job(X(97));

        var store = await LoopRun.RunAsync(model, [partial, plain]);

        var row = store.Rows[partial.JobId];
        Assert.Equal((JobStatus.Failed, ErrorCode.InferenceFailed), (row.Status, row.Code));
        Assert.Equal(store.Rows[plain.JobId].Error, row.Error);
        Assert.Empty(row.Outputs);
        Assert.Equal([0, 1, 2], row.RowErrors.Select(error => error.Row));
    }

    [Fact]
    public async Task A_job_that_is_split_over_batches_is_put_together_without_its_bad_rows()
    {
        using var model = TestModel.Open(OnnxGraph.Lookup(), new ModelConfig { MaxBatchSize = 4 });
        var partial = model.PartialJob(X(0, 1, 2, 3, 99, 99, 99, 99, 4, 99, 1, 2, 3));

        var store = await LoopRun.RunAsync(model, [partial]);

        AssertAnswered(store.Rows[partial.JobId], 13, [0, 10, 20, 30, 40, 10, 20, 30], [4, 5, 6, 7, 9]);
    }

    [Fact]
    public async Task A_row_whose_text_no_store_can_keep_is_named_and_no_other()
    {
        using var model = TestModel.Open(Texts, new ModelConfig { MaxBatchSize = 3 });
        var partial = model.PartialJob(X(4, 2, 1, 99, 0, 3, 2, 1));

        var store = await LoopRun.RunAsync(model, [partial]);

        var row = store.Rows[partial.JobId];
        Assert.Equal(["four", "one", "zero", "", "one"], row.Outputs[0].ToStrings());
        Assert.Equal([5L], row.Outputs[0].Shape);
        Assert.Equal([1, 3, 6], row.RowErrors.Select(error => error.Row));
        Assert.Equal([ErrorCode.OutputInvalid, ErrorCode.InferenceFailed, ErrorCode.OutputInvalid], row.RowErrors.Select(error => error.Code));
        Assert.Equal("output 't': holds U+0000, which Postgres cannot store", row.RowErrors[0].Error);
    }

    [Fact]
    public async Task A_job_whose_texts_no_store_can_keep_fails_for_them()
    {
        using var model = TestModel.Open(Texts);
        var store = await LoopRun.RunAsync(model, [model.PartialJob(X(2, 2))]);

        var row = Assert.Single(store.Rows.Values);
        Assert.Equal((JobStatus.Failed, ErrorCode.OutputInvalid, 2), (row.Status, row.Code, row.RowErrors.Count));
    }

    [Fact]
    public async Task Rows_that_were_bad_before_the_run_keep_the_others_at_their_places()
    {
        var graph = new OnnxGraph()
            .Constant(Tensor.Create<float>("data", [5], [0, 10, 20, 30, 40]))
            .Input("x", TensorDatatype.Int64, -1)
            .Input("scale", TensorDatatype.Fp32, -1)
            .Node("Gather", ["data", "x"], ["found"])
            .Node("Mul", ["found", "scale"], ["y"])
            .Output("y", TensorDatatype.Fp32, -1);
        using var model = TestModel.Open(graph, new ModelConfig { RequireFinite = true });
        Assert.True(OipFormat.TryReadJob(
            """
            {"inputs":[{"name":"x","shape":[6],"datatype":"INT64","data":[1,1.5,2,99,3,4]},
                       {"name":"scale","shape":[6],"datatype":"FP32","data":["NaN","NaN",2,1,1,"Infinity"]}],"parameters":{"partial":true}}
            """u8.ToArray(),
            new WireLimits(),
            out var job,
            out _));

        var store = await LoopRun.RunAsync(model, [PendingJobs.ToRun(model.Version, TimeProvider.System, job)]);

        var row = Assert.Single(store.Rows.Values);
        AssertAnswered(row, 6, [40, 30], [0, 1, 3, 5]);
        Assert.Equal(
            [ErrorCode.ValueNotFinite, ErrorCode.InvalidValue, ErrorCode.InferenceFailed, ErrorCode.ValueNotFinite],
            row.RowErrors.Select(error => error.Code));
        Assert.Equal("input 'scale': element 5 is not finite, the model takes finite values only", row.RowErrors[3].Error);
    }

    [Fact]
    public async Task Labels_are_those_of_the_good_rows()
    {
        var graph = new OnnxGraph()
            .Constant(Tensor.Create<float>("data", [3, 2], [0.9f, 0.1f, 0.2f, 0.8f, 0.6f, 0.4f]))
            .Input("x", TensorDatatype.Int64, -1)
            .Node("Gather", ["data", "x"], ["y"])
            .Output("y", TensorDatatype.Fp32, -1, 2);
        var config = new ModelConfig { MaxBatchSize = 8, Labels = new Dictionary<string, IReadOnlyList<string>> { ["y"] = ["cat", "dog"] } };
        using var model = TestModel.Open(graph, config);

        var store = await LoopRun.RunAsync(model, [model.PartialJob(X(1, 9, 0, 2))]);

        var row = Assert.Single(store.Rows.Values);
        Assert.Equal(["dog", "cat", "cat"], row.Outputs.Single(output => output.Name == "label").ToStrings());
        Assert.Equal(1, Assert.Single(row.RowErrors).Row);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(64)]
    public async Task Any_bad_rows_are_found_at_no_more_than_two_runs_a_row(int every)
    {
        const int count = 64;
        using var model = TestModel.Open(OnnxGraph.Lookup());
        var random = new Random(every);
        long[] x = [.. Enumerable.Range(0, count).Select(i => i > 0 && random.Next(every) == 0 ? 99L : i % 5)];
        var partial = model.PartialJob(X(x));
        var runs = new List<int>();

        var store = await LoopRun.RunAsync(model, [partial], runs: runs);

        AssertAnswered(
            store.Rows[partial.JobId],
            count,
            [.. x.Where(value => value != 99).Select(value => 10f * value)],
            [.. x.Index().Where(pair => pair.Item == 99).Select(pair => pair.Index)]);
        Assert.InRange(runs.Count, 1, 1 + (2 * count) + (int)Math.Log2(count) + 2);
    }

    [Fact]
    public async Task A_job_costs_no_more_runs_than_is_stated_however_many_of_its_rows_are_bad()
    {
        const int count = 3_000;
        using var model = TestModel.Open(OnnxGraph.Lookup(), new ModelConfig { MaxBatchSize = 1_000 });
        var partial = model.PartialJob(X([4, .. Enumerable.Repeat(99L, count - 2), 4]));
        var neighbour = model.Job(X(1));
        var runs = new List<int>();

        var store = await LoopRun.RunAsync(model, [partial, neighbour], runs: runs);

        var row = store.Rows[partial.JobId];
        Assert.Equal(JobStatus.Succeeded, row.Status);
        Assert.Equal(40f, row.Outputs[0].AsSpan<float>()[0]);
        // Each row is answered or named.
        Assert.Equal(count, row.RowErrors.Count + row.Outputs[0].Shape[0]);
        Assert.Contains(row.RowErrors, error => error.Code == ErrorCode.RowNotRun);
        Assert.Contains(row.RowErrors, error => error.Code == ErrorCode.InferenceFailed);
        // Each of the three batches by itself, the neighbour, and one for what is left of a search.
        Assert.InRange(runs.Count, PartialRows.MostRuns, PartialRows.MostRuns + 12);
        Assert.Equal([10f], store.Rows[neighbour.JobId].Outputs[0].AsSpan<float>().ToArray());
    }

    [Fact]
    public async Task A_row_that_does_not_end_is_named_within_the_time_that_its_search_may_take()
    {
        using var model = TestModel.Open(OnnxGraph.Turning(), new ModelConfig { RunTimeout = TimeSpan.FromMilliseconds(300) });
        var partial = model.PartialJob(Tensor.Create<long>("x", [4], [3, long.MaxValue, 2, 4]));

        var store = await LoopRun.RunAsync(model, [partial], attempts: 1);

        var row = store.Rows[partial.JobId];
        Assert.Equal([3L, 2, 4], row.Outputs[0].AsSpan<long>().ToArray());
        Assert.Equal(
            new RowError(1, ErrorCode.RunTimeout, "stopped after the model's run_timeout of 300 ms"), Assert.Single(row.RowErrors));
    }

    [Fact]
    public async Task A_job_that_is_cancelled_between_its_batches_is_cancelled_whole()
    {
        using var model = TestModel.Open(OnnxGraph.Lookup(), new ModelConfig { MaxBatchSize = 2 });
        var partial = model.PartialJob(X(0, 99, 2, 3));

        var store = await LoopRun.RunAsync(model, [partial], prepareAsync: (_, batcher, writer) =>
        {
            // Its first rows are with a session.
            Assert.Equal(2, batcher.Take([])!.Rows);
            var cancelled = new List<PendingJob>();
            batcher.Cancel(new HashSet<Guid> { partial.JobId }, cancelled);
            cancelled.ForEach(writer.Enqueue);
            return Task.CompletedTask;
        });

        var row = Assert.Single(store.Rows.Values);
        Assert.Equal((JobStatus.Cancelled, 0), (row.Status, row.RowErrors.Count));
    }

    private static Tensor X(params long[] values) => Tensor.Create<long>("x", [values.Length], values);

    private static void AssertAnswered(ResultRow row, int rows, float[] values, int[] bad)
    {
        Assert.Equal((JobStatus.Succeeded, rows, null), (row.Status, row.RowCount, row.Code));
        Assert.Equal(values, row.Outputs[0].AsSpan<float>().ToArray());
        Assert.Equal([values.Length], row.Outputs[0].Shape);
        Assert.Equal(bad, row.RowErrors.Select(error => error.Row));
    }
}
