using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Jobs;
using Millrace.Worker.Tests.Onnx;
using Xunit;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Batching;

public sealed class BatchLoopTests
{
    private static OnnxGraph Lookup => OnnxGraph.FailingLookup();

    [Fact]
    public async Task A_job_that_the_model_cannot_run_fails_alone()
    {
        using var model = TestModel.Open(Lookup);
        Assert.True(model.GivesSingles);
        var jobs = new[] { 0, 1, 2, 99, 3, 4, 1, 0 }.Select(index => model.Job(Tensor.Create<long>("x", [1], [index]))).ToArray();

        var store = await LoopRun.RunAsync(model, jobs);

        for (var i = 0; i < jobs.Length; i++)
        {
            var row = store.Rows[jobs[i].JobId];
            if (i == 3)
            {
                Assert.Equal(JobStatus.Failed, row.Status);
                Assert.Equal(ErrorCode.InferenceFailed, row.Code);
                Assert.Matches("^attempt 1: .*ConstantOfShape.*; attempt 2: .*ConstantOfShape.*; attempt 3: .*ConstantOfShape.*$", row.Error);
                Assert.Empty(row.Outputs);
            }
            else
            {
                Assert.Equal(JobStatus.Succeeded, row.Status);
                Assert.Equal([new[] { 0f, 10f, 20f, 0f, 30f, 40f, 10f, 0f }[i]], row.Outputs[0].AsSpan<float>().ToArray());
            }
        }
    }

    [Fact]
    public async Task A_job_that_the_models_own_check_refuses_fails_at_once_and_with_one_error()
    {
        using var model = TestModel.Open(OnnxGraph.Lookup());
        var jobs = new[] { 0, 1, 2, 99, 3, 98, 1, 0 }.Select(index => model.Job(Tensor.Create<long>("x", [1], [index]))).ToArray();

        var store = await LoopRun.RunAsync(model, jobs);

        foreach (var (i, job) in jobs.Index())
        {
            var row = store.Rows[job.JobId];
            Assert.Equal(i is 3 or 5 ? JobStatus.Failed : JobStatus.Succeeded, row.Status);
            if (i is 3 or 5)
            {
                Assert.Equal(ErrorCode.InferenceFailed, row.Code);
                Assert.Matches($"^attempt 1: [^;]*idx={(i == 3 ? 99 : 98)} must be within[^;]*$", row.Error);
            }
        }
    }

    /// <summary>The shape is known only after a run, so nothing could be said before; after one, 63 further runs would be for nothing.</summary>
    [Fact]
    public async Task A_job_whose_outputs_are_too_large_for_its_row_fails_after_its_first_batch()
    {
        const int width = 20_000;
        var graph = new OnnxGraph()
            .Input("x", TensorDatatype.Fp32, -1, 1)
            .Input("more", TensorDatatype.Fp32, -1, -1)
            .Node("Concat", ["x", "more"], ["y"], ("axis", 1))
            .Output("y", TensorDatatype.Fp32, -1, -1);
        using var model = TestModel.Open(graph, new ModelConfig { MaxBatchSize = 4 });
        var large = model.Job(Tensor.Create<float>("x", [256, 1], new float[256]), Tensor.Create<float>("more", [256, width], new float[256 * width]));
        var small = model.Job(Tensor.Create<float>("x", [1, 1], [7]), Tensor.Create<float>("more", [1, width], new float[width]));
        var runs = new List<int>();

        var store = await LoopRun.RunAsync(model, [large, small], runs: runs);

        Assert.Equal((JobStatus.Failed, ErrorCode.OutputInvalid), (store.Rows[large.JobId].Status, store.Rows[large.JobId].Code));
        Assert.Contains("Limits:MaxOutputBytes", store.Rows[large.JobId].Error, StringComparison.Ordinal);
        Assert.Equal(JobStatus.Succeeded, store.Rows[small.JobId].Status);
        Assert.InRange(runs.Sum(), 5, 8);
    }

    [Fact]
    public async Task A_job_that_is_split_and_fails_in_one_batch_fails_as_a_whole_and_once()
    {
        using var model = TestModel.Open(Lookup, new ModelConfig { MaxBatchSize = 2 });
        var split = model.Job(Tensor.Create<long>("x", [6], [0, 1, 2, 99, 3, 4]));
        var neighbour = model.Job(Tensor.Create<long>("x", [1], [4]));

        var store = await LoopRun.RunAsync(model, [split, neighbour]);

        Assert.Equal(JobStatus.Failed, store.Rows[split.JobId].Status);
        Assert.Equal([40f], store.Rows[neighbour.JobId].Outputs[0].AsSpan<float>().ToArray());
        Assert.Equal(2, store.CommittedRows);
    }

    [Fact]
    public async Task A_batch_that_succeeds_says_how_many_rows_it_had()
    {
        using var model = TestModel.Open(Lookup, new ModelConfig { MaxBatchSize = 4 });
        var jobs = new[] { 2, 1, 1 }.Select(rows => model.Job(Tensor.Create<long>("x", [rows], new long[rows]))).ToArray();

        var store = await LoopRun.RunAsync(model, jobs);

        Assert.All(jobs, job => Assert.Equal(4, store.Rows[job.JobId].BatchRows));
    }

    [Fact]
    public async Task A_job_whose_deadline_passed_is_expired_and_never_run()
    {
        using var model = TestModel.Open(Lookup);
        var late = PendingJobs.ToBatch(TimeProvider.System, deadline: TimeProvider.System.GetTimestamp());

        var store = await LoopRun.RunAsync(model, [late]);

        Assert.Equal(JobStatus.Expired, store.Rows[late.JobId].Status);
        Assert.Equal(ErrorCode.DeadlineExceeded, store.Rows[late.JobId].Code);
        Assert.Equal("parameters.deadline: passed before the job could run", store.Rows[late.JobId].Error);
    }

    /// <summary>The labels are put on after the run, and the shape that they are put on is the caller's to choose here.</summary>
    [Fact]
    public async Task A_job_whose_outputs_are_not_what_the_graph_declares_fails_and_the_loop_goes_on()
    {
        var graph = new OnnxGraph()
            .Input("x", TensorDatatype.Fp32, 2, 3)
            .Input("shape", TensorDatatype.Int64, -1)
            .Node("Reshape", ["x", "shape"], ["y"])
            .Output("y", TensorDatatype.Fp32, -1, 3);
        using var model = TestModel.Open(
            graph, new ModelConfig { Labels = new Dictionary<string, IReadOnlyList<string>> { ["y"] = ["a", "b", "c"] } });
        var x = Tensor.Create<float>("x", [2, 3], [1, 2, 3, 6, 5, 4]);
        var flat = model.Job(x, Tensor.Create<long>("shape", [1], [6]));
        var square = model.Job(x, Tensor.Create<long>("shape", [2], [2, 3]));

        var store = await LoopRun.RunAsync(model, [flat, square]);

        Assert.Equal(JobStatus.Failed, store.Rows[flat.JobId].Status);
        Assert.Equal(ErrorCode.OutputInvalid, store.Rows[flat.JobId].Code);
        Assert.Equal("output 'y': shape [6], its labels want [rows, classes]", store.Rows[flat.JobId].Error);
        Assert.Equal(["c", "a"], store.Rows[square.JobId].Outputs.Single(output => output.Name == "label").ToStrings());
    }

    [Fact]
    public async Task Redelivered_jobs_run_in_groups_of_their_own_and_leave_no_note_behind()
    {
        using var model = TestModel.Open(Lookup);
        var jobs = new[] { 0, 1, 2, 99, 3, 4, 1, 0 }.Select(index => model.Job(Tensor.Create<long>("x", [1], [index]))).ToArray();
        foreach (var job in jobs[2..])
        {
            job.GroupLimit = 2;
        }

        var store = await LoopRun.RunAsync(model, jobs);

        Assert.All(jobs.Where((_, i) => i is not 2 and not 3), job => Assert.Equal(2, store.Rows[job.JobId].BatchRows));
        Assert.Equal(JobStatus.Failed, store.Rows[jobs[3].JobId].Status);
        Assert.Empty(store.Suspicions);
    }

    [Fact]
    public async Task A_suspect_that_is_cancelled_or_expired_before_it_runs_leaves_no_note_behind()
    {
        using var model = TestModel.Open(Lookup);
        var late = PendingJobs.ToBatch(TimeProvider.System, deadline: TimeProvider.System.GetTimestamp());
        var cancelled = model.Job(Tensor.Create<long>("x", [1], [0]));
        (late.GroupLimit, cancelled.GroupLimit) = (1, 1);

        var store = await LoopRun.RunAsync(model, [late, cancelled], prepareAsync: async (store, batcher, writer) =>
        {
            await store.AccuseAsync([late.JobId, cancelled.JobId], TestContext.Current.CancellationToken);
            var decided = new List<PendingJob>();
            batcher.Cancel(new HashSet<Guid> { cancelled.JobId }, decided);
            decided.ForEach(writer.Enqueue);
        });

        Assert.Equal(JobStatus.Expired, store.Rows[late.JobId].Status);
        Assert.Equal(JobStatus.Cancelled, store.Rows[cancelled.JobId].Status);
        Assert.Empty(store.Suspicions);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(63)]
    public async Task One_culprit_costs_at_most_log2_n_plus_1_further_runs_and_two_more_alone(int culprit)
    {
        const int count = 64;
        using var model = TestModel.Open(Lookup);
        var jobs = Enumerable.Range(0, count).Select(i => model.Job(Tensor.Create<long>("x", [1], [i == culprit ? 99 : 1]))).ToArray();
        var runs = new List<int>();

        var store = await LoopRun.RunAsync(model, jobs, runs: runs);

        Assert.Equal(count - 1, runs.Sum());
        Assert.Equal([0, 0], runs[^2..]);
        Assert.InRange(runs.Count - 1 - 2, 1, (int)Math.Log2(count) + 1);
        Assert.All(jobs, job => Assert.Equal(job == jobs[culprit] ? JobStatus.Failed : JobStatus.Succeeded, store.Rows[job.JobId].Status));
        Assert.Equal(count, store.CommittedRows);
    }

    [Fact]
    public async Task Any_number_of_culprits_is_found_at_no_more_than_two_runs_a_job_and_harms_nobody()
    {
        const int count = 64;
        using var model = TestModel.Open(Lookup);
        foreach (var every in new[] { 1, 2, 3, 8, 32 })
        {
            var jobs = Enumerable.Range(0, count).Select(i => model.Job(Tensor.Create<long>("x", [1], [i % every == 0 ? 99 : 1]))).ToArray();
            var runs = new List<int>();

            var store = await LoopRun.RunAsync(model, jobs, attempts: 1, runs);

            Assert.All(jobs.Index(), job => Assert.Equal(
                job.Index % every == 0 ? JobStatus.Failed : JobStatus.Succeeded, store.Rows[job.Item.JobId].Status));
            Assert.InRange(runs.Count, 2, 1 + 2 * count + (int)Math.Log2(count) + 2);
        }
    }

    /// <summary>7 rows and more want a buffer that no address space holds.</summary>
    private static OnnxGraph Greedy => new OnnxGraph()
        .Constant(Tensor.Create<long>("sizes", [17], [.. Enumerable.Range(0, 17).Select(rows => rows < 7 ? 1 : 1L << 50)]))
        .Constant(Tensor.Create<float>("zero", [1], [0]))
        .Constant(Tensor.Create<long>("first", [1], [0]))
        .Input("x", TensorDatatype.Fp32, -1)
        .Node("Shape", ["x"], ["rows"])
        .Node("Gather", ["sizes", "rows"], ["size"])
        .Node("Expand", ["zero", "size"], ["large"])
        .Node("Gather", ["large", "first"], ["nothing"])
        .Node("Add", ["x", "nothing"], ["y"])
        .Output("y", TensorDatatype.Fp32, -1);

    [Fact]
    public async Task A_batch_that_is_too_large_for_the_memory_runs_in_parts_of_a_new_session_and_the_safe_size_is_kept()
    {
        var reopened = 0;
        using var model = TestModel.Open(Greedy, new ModelConfig { MaxBatchSize = 16 }, () => reopened++);
        Assert.True(model.GivesSingles);
        // The third job goes on in the second batch; the first batch's failure halves it twice.
        var jobs = new[] { 10, 4, 20, 1, 1, 13 }.Select(rows => model.Job(Tensor.Create<float>("x", [rows], [.. Enumerable.Range(0, rows)]))).ToArray();
        var runs = new List<int>();

        var store = await LoopRun.RunAsync(model, jobs, runs: runs);

        Assert.All(jobs, job => Assert.Equal(JobStatus.Succeeded, store.Rows[job.JobId].Status));
        Assert.All(jobs, job => Assert.Equal(
            Enumerable.Range(0, job.RowCount).Select(i => (float)i), store.Rows[job.JobId].Outputs[0].AsSpan<float>().ToArray()));
        // 16 (or 14) rows, 8 or 7, then 4 and fewer for good.
        Assert.Equal(2, runs.Count(rows => rows == 0));
        Assert.Equal(2, reopened);
        Assert.All(runs, rows => Assert.InRange(rows, 0, 6));
        Assert.Equal(jobs.Sum(job => job.RowCount), runs.Sum());
    }

    /// <summary>y = x, and each row wants as much memory as it says.</summary>
    [Fact]
    public async Task One_job_that_wants_too_much_memory_fails_alone_and_the_others_keep_their_batches()
    {
        var graph = new OnnxGraph()
            .Constant(Tensor.Create<long>("zero", [1], [0]))
            .Input("x", TensorDatatype.Int64, -1)
            .Node("ReduceMax", ["x"], ["most"])
            .Node("Expand", ["zero", "most"], ["large"])
            .Node("Gather", ["large", "zero"], ["nothing"])
            .Node("Add", ["x", "nothing"], ["y"])
            .Output("y", TensorDatatype.Int64, -1);
        using var model = TestModel.Open(graph, new ModelConfig { MaxBatchSize = 8 });
        var jobs = Enumerable.Range(0, 24).Select(i => model.Job(Tensor.Create<long>("x", [1], [i == 5 ? 1L << 50 : 1]))).ToArray();
        var runs = new List<int>();

        var store = await LoopRun.RunAsync(model, jobs, attempts: 2, runs);

        Assert.All(jobs.Index(), job => Assert.Equal(job.Index == 5 ? JobStatus.Failed : JobStatus.Succeeded, store.Rows[job.Item.JobId].Status));
        Assert.Equal(2, runs.Count(rows => rows == 8));
        Assert.Matches("^attempt 1: .*; attempt 2: .*$", store.Rows[jobs[5].JobId].Error);
    }

    /// <summary>No device is lost on demand; but ONNX Runtime repeats a failing node's name, and the cause is told by the message.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public async Task A_device_that_is_lost_costs_no_attempt_where_a_new_session_runs_the_batch(int lost)
    {
        var opened = 0;
        using var model = TestModel.Open(
            OnnxGraph.Lookup().Named("VK_ERROR_DEVICE_LOST").Open(), new ModelConfig(), () => ++opened < lost ? OnnxGraph.Lookup().Named("VK_ERROR_DEVICE_LOST").Open() : Wide.Open());
        var jobs = new[] { 0, 1, 2, 7, 3 }.Select(index => model.Job(Tensor.Create<long>("x", [1], [index]))).ToArray();
        var runs = new List<int>();

        var store = await LoopRun.RunAsync(model, jobs, attempts: 2, runs);

        Assert.All(jobs, job => Assert.Equal(lost > 1 && job == jobs[3] ? JobStatus.Failed : JobStatus.Succeeded, store.Rows[job.JobId].Status));
        if (lost == 1)
        {
            Assert.Equal([0, 5], runs);
        }
    }

    private static OnnxGraph Wide => new OnnxGraph()
        .Constant(Tensor.Create<float>("data", [10], [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]))
        .Input("x", TensorDatatype.Int64, -1)
        .Node("Gather", ["data", "x"], ["y"])
        .Output("y", TensorDatatype.Fp32, -1);

    [Fact]
    public async Task A_session_that_cannot_be_opened_at_once_is_waited_for()
    {
        var opened = 0;
        using var model = TestModel.Open(
            OnnxGraph.Lookup().Named("VK_ERROR_DEVICE_LOST").Open(), new ModelConfig(), () => ++opened < 3 ? OnnxGraph.Open([1, 2, 3]) : Wide.Open());
        var job = model.Job(Tensor.Create<long>("x", [1], [7]));

        var store = await LoopRun.RunAsync(model, [job], attempts: 1);

        Assert.Equal(3, opened);
        Assert.Equal(JobStatus.Succeeded, store.Rows[job.JobId].Status);
    }

    [Fact]
    public async Task A_run_that_takes_longer_than_the_models_limit_is_stopped_and_only_its_job_fails()
    {
        using var model = TestModel.Open(OnnxGraph.Turning(), new ModelConfig { RunTimeout = TimeSpan.FromMilliseconds(500) });
        Assert.True(model.GivesSingles);
        var jobs = new long[] { 3, 2, long.MaxValue, 4 }.Select(turns => model.Job(Tensor.Create<long>("x", [1], [turns]))).ToArray();

        var store = await LoopRun.RunAsync(model, jobs, attempts: 2);

        Assert.All(jobs.Index(), job => Assert.Equal(job.Index == 2 ? JobStatus.Failed : JobStatus.Succeeded, store.Rows[job.Item.JobId].Status));
        Assert.Equal(ErrorCode.RunTimeout, store.Rows[jobs[2].JobId].Code);
        Assert.Equal(
            "attempt 1: stopped after the model's run_timeout of 500 ms; attempt 2: stopped after the model's run_timeout of 500 ms",
            store.Rows[jobs[2].JobId].Error);
    }

    [Fact]
    public async Task A_stop_hands_what_runs_and_what_waits_back_and_fails_none_of_it()
    {
        var time = new RunSignal();
        using var model = TestModel.Open(OnnxGraph.Turning().Open(), new ModelConfig(), time: time);
        var jobs = new[] { long.MaxValue, 2, long.MaxValue }.Select(turns => model.Job(Tensor.Create<long>("x", [1], [turns]))).ToArray();
        var split = model.Job(Tensor.Create<long>("x", [100], new long[100]));
        split.GroupLimit = 1;
        var stopping = Task.Run(
            async () =>
            {
                await time.Begun;
                model.Predictor.Terminate();
            },
            TestContext.Current.CancellationToken);

        var store = await LoopRun.RunAsync(model, [.. jobs, split]);

        await stopping;
        Assert.All([.. jobs, split], job => Assert.IsType<RunStoppedException>(job.Settled().Exception!.InnerException));
        Assert.Empty(store.Rows);
        Assert.Empty(store.Suspicions);
    }
}
