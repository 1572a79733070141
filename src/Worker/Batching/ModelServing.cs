using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Batching;

/// <summary>
/// Starts a loop for each session, and ends them once nothing waits any more. A loop that ends before, because its device does not come
/// back, ends the worker: the broker hands its jobs to another one, or to this one's next process.
/// </summary>
internal sealed class ModelServing(
    ModelCatalog catalog,
    ResultWriter writer,
    JobRetries retries,
    RetryPipelines pipelines,
    Suspects suspects,
    WorkerMetrics metrics,
    TimeProvider time,
    ILoggerFactory loggers)
    : BackgroundService
{
    private readonly CancellationTokenSource _giveUp = new();
    private readonly List<Task> _loops = [];

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var model in catalog.Models)
        {
            for (var i = 0; i < model.Predictors.Count; i++)
            {
                var runner = new BatchRunner(
                    model, model.Predictors[i], writer, retries, pipelines, metrics, time, loggers.CreateLogger<BatchRunner>());
                var loop = new BatchLoop(model, runner, writer, suspects, loggers.CreateLogger<BatchLoop>());
                _loops.Add(loop.Start($"{model.Version.Name}/{model.Version.Version}#{i}", _giveUp.Token));
            }
        }

        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var model in catalog.Models)
        {
            model.Batcher.Close();
        }

        await using var _ = cancellationToken.Register(_giveUp.Cancel);
        await Task.WhenAll(_loops).WaitAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _giveUp.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var ended in Task.WhenEach(_loops).WithCancellation(stoppingToken))
        {
            await ended;
        }
    }
}
