using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Batching;
using Millrace.Worker.Delivery;
using Millrace.Worker.Embedded;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Tests.Onnx;
using Xunit;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Batching;

public sealed class BatchLoopTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>y = data[x]: an index that is out of range makes ONNX Runtime refuse the whole batch.</summary>
    private static OnnxGraph Lookup => new OnnxGraph()
        .Constant(Tensor.Create<float>("data", [5], [0, 10, 20, 30, 40]))
        .Input("x", TensorDatatype.Int64, -1)
        .Node("Gather", ["data", "x"], ["y"])
        .Output("y", TensorDatatype.Fp32, -1);

    [Fact]
    public async Task A_job_that_the_model_cannot_run_fails_alone()
    {
        using var model = TestModel.Open(Lookup);
        Assert.True(model.GivesSingles);
        var jobs = new[] { 0, 1, 2, 99, 3, 4, 1, 0 }.Select(index => model.Job(Tensor.Create<long>("x", [1], [index]))).ToArray();

        var store = await RunAsync(model, jobs);

        for (var i = 0; i < jobs.Length; i++)
        {
            var row = store.Rows[jobs[i].JobId];
            if (i == 3)
            {
                Assert.Equal(JobStatus.Failed, row.Status);
                Assert.Equal(ErrorCode.InferenceFailed, row.Code);
                Assert.Matches("^attempt 1: .*out of data bounds.*; attempt 2: .*out of data bounds.*; attempt 3: .*out of data bounds.*$", row.Error);
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
    public async Task A_job_that_is_split_and_fails_in_one_batch_fails_as_a_whole_and_once()
    {
        using var model = TestModel.Open(Lookup, new ModelConfig { MaxBatchSize = 2 });
        var split = model.Job(Tensor.Create<long>("x", [6], [0, 1, 2, 99, 3, 4]));
        var neighbour = model.Job(Tensor.Create<long>("x", [1], [4]));

        var store = await RunAsync(model, [split, neighbour]);

        Assert.Equal(JobStatus.Failed, store.Rows[split.JobId].Status);
        Assert.Equal([40f], store.Rows[neighbour.JobId].Outputs[0].AsSpan<float>().ToArray());
        Assert.Equal(2, store.CommittedRows);
    }

    [Fact]
    public async Task A_batch_that_succeeds_says_how_many_rows_it_had()
    {
        using var model = TestModel.Open(Lookup, new ModelConfig { MaxBatchSize = 4 });
        var jobs = new[] { 2, 1, 1 }.Select(rows => model.Job(Tensor.Create<long>("x", [rows], new long[rows]))).ToArray();

        var store = await RunAsync(model, jobs);

        Assert.All(jobs, job => Assert.Equal(4, store.Rows[job.JobId].BatchRows));
    }

    [Fact]
    public async Task A_job_whose_deadline_passed_is_expired_and_never_run()
    {
        using var model = TestModel.Open(Lookup);
        var late = PendingJobs.ToBatch(TimeProvider.System, deadline: TimeProvider.System.GetTimestamp());

        var store = await RunAsync(model, [late]);

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

        var store = await RunAsync(model, [flat, square]);

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

        var store = await RunAsync(model, jobs);

        Assert.All(jobs.Where((_, i) => i is not 2 and not 3), job => Assert.Equal(2, store.Rows[job.JobId].BatchRows));
        Assert.Equal(JobStatus.Failed, store.Rows[jobs[3].JobId].Status);
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

        var store = await RunAsync(model, jobs, runs: runs);

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

            var store = await RunAsync(model, jobs, attempts: 1, runs);

            Assert.All(jobs.Index(), job => Assert.Equal(
                job.Index % every == 0 ? JobStatus.Failed : JobStatus.Succeeded, store.Rows[job.Item.JobId].Status));
            Assert.InRange(runs.Count, 2, 1 + 2 * count + (int)Math.Log2(count) + 2);
        }
    }

    /// <summary>Runs the jobs in a loop of their own until all of them are committed and the loop has ended.</summary>
    /// <param name="model">The model.</param>
    /// <param name="jobs">The jobs, all there before the first run.</param>
    /// <param name="attempts">At each of them.</param>
    /// <param name="runs">Gets the rows of each run, 0 for one that failed.</param>
    private static async Task<MemoryStore> RunAsync(TestModel model, PendingJob[] jobs, int attempts = 3, List<int>? runs = null)
    {
        await using var store = new MemoryStore();
        using var metrics = new WorkerMetrics(TimeProvider.System);
        using var listener = Listen(metrics, runs ?? []);
        var pipelines = new RetryPipelines(store, TimeProvider.System, NullLogger<RetryPipelines>.Instance);
        var replies = new ReplySender(
            new NoSender(), store, pipelines, metrics, TimeProvider.System, NullLogger<ReplySender>.Instance);
        using var writer = new ResultWriter(
            store, replies, pipelines, Options.Create(new DeliveryOptions()), metrics, TimeProvider.System, NullLogger<ResultWriter>.Instance);
        await writer.StartAsync(TestContext.Current.CancellationToken);
        using var batcher = new Batcher(model.Version.MaxBatchSize, TimeSpan.Zero, TimeProvider.System);
        foreach (var job in jobs)
        {
            batcher.Add(job);
        }

        var served = new ServedModel(model.Version, batcher, [model.Predictor], ExecutionProviders.Cpu);
        var route = new EmbeddedRetries(new ModelCatalog([served]));
        var retries = new JobRetries(
            Options.Create(new RetryOptions { Attempts = attempts }), route, writer, metrics, NullLogger<JobRetries>.Instance);
        var runner = new BatchRunner(model.Version, model.Predictor, writer, retries, metrics, TimeProvider.System, NullLogger<BatchRunner>.Instance);
        var loop = new BatchLoop(served, runner, writer, new Suspects(store, pipelines), NullLogger<BatchLoop>.Instance);
        var ended = loop.Start("test", TestContext.Current.CancellationToken);
        await Task.WhenAll(jobs.Select(job => job.Completion)).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        batcher.Close();
        await ended.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await writer.StopAsync(TestContext.Current.CancellationToken);
        return store;
    }

    private static MeterListener Listen(WorkerMetrics metrics, List<int> runs)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, metrics) && instrument.Name is "millrace.batch.rows" or "millrace.batch.failures")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        // Recorded by the session's thread alone.
        listener.SetMeasurementEventCallback<int>((_, rows, _, _) => runs.Add(rows));
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => runs.Add(0));
        listener.Start();
        return listener;
    }

    private sealed class NoSender : IMessageSender
    {
        public ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("These jobs want no reply.");
    }
}
