using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Batching;
using Millrace.Worker.Embedded;
using Millrace.Worker.Inference;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Retries;
using Millrace.Worker.Tests.Onnx;
using Xunit;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Batching;

public sealed class ModelServingTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The host stops over a background service that fails. No device is lost on demand; its message is the node's name here.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_device_that_does_not_come_back_ends_the_worker_and_decides_no_job(int groupLimit)
    {
        var graph = new OnnxGraph()
            .Constant(Tensor.Create<float>("data", [1], [0]))
            .Input("x", TensorDatatype.Int64, -1)
            .Node("Gather", ["data", "x"], ["y"])
            .Named("VK_ERROR_DEVICE_LOST")
            .Output("y", TensorDatatype.Fp32, -1);
        using var model = TestModel.Open(graph.Open(), new ModelConfig { MaxBatchSize = 8 }, () => OnnxGraph.Open([1, 2, 3]));
        var time = new HastyTime();
        await using var store = new MemoryStore();
        using var metrics = new WorkerMetrics(TimeProvider.System);
        var pipelines = new RetryPipelines(store, time, NullLogger<RetryPipelines>.Instance);
        using var writer = ResultWriters.Create(store, pipelines, metrics);
        using var batcher = new Batcher(8, TimeSpan.Zero, TimeProvider.System);
        var served = new ServedModel(model.Version, [model.Predictor], ExecutionProviders.Cpu);
        var (catalog, batchers) = (new ModelCatalog([served]), new Batchers((served, batcher)));
        var retries = new JobRetries(
            Options.Create(new RetryOptions()), new EmbeddedRetries(catalog, batchers), writer, metrics, NullLogger<JobRetries>.Instance);
        using var serving = new ModelServing(
            catalog, batchers, writer, retries, pipelines, new Suspects(store, pipelines), metrics, Options.Create(new StopOptions()), TimeProvider.System, NullLoggerFactory.Instance);
        var job = model.Job(Tensor.Create<long>("x", [1], [7]));
        job.GroupLimit = groupLimit;
        batcher.Add(job);

        await serving.StartAsync(Token);
        await Assert.ThrowsAnyAsync<OnnxRuntimeException>(() => serving.ExecuteTask!.WaitAsync(s_patience, Token));
        Assert.InRange(time.Waited, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(2));
        Assert.False(job.IsDecided);
        Assert.False(job.Settled().IsCompleted);

        await serving.EndAsync(Token);
        await Assert.ThrowsAsync<RunStoppedException>(() => job.Settled().WaitAsync(s_patience, Token));
        Assert.True(serving.HasEnded);
    }

    /// <summary>Time in which every wait is over at once.</summary>
    private sealed class HastyTime : TimeProvider
    {
        /// <summary>How long it would have been.</summary>
        public TimeSpan Waited { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waited += dueTime;
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
