using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Batching;

/// <summary>Starts a loop for each session, and ends them once nothing waits any more.</summary>
internal sealed class ModelServing(
    ModelCatalog catalog,
    ResultWriter writer,
    JobRetries retries,
    Suspects suspects,
    WorkerMetrics metrics,
    TimeProvider time,
    ILoggerFactory loggers)
    : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _giveUp = new();
    private readonly List<Task> _loops = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var model in catalog.Models)
        {
            for (var i = 0; i < model.Predictors.Count; i++)
            {
                var runner = new BatchRunner(
                    model.Version, model.Predictors[i], writer, retries, metrics, time, loggers.CreateLogger<BatchRunner>());
                var loop = new BatchLoop(model, runner, writer, suspects, loggers.CreateLogger<BatchLoop>());
                _loops.Add(loop.Start($"{model.Version.Name}/{model.Version.Version}#{i}", _giveUp.Token));
            }
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var model in catalog.Models)
        {
            model.Batcher.Close();
        }

        await using var _ = cancellationToken.Register(_giveUp.Cancel);
        await Task.WhenAll(_loops).WaitAsync(cancellationToken);
    }

    public void Dispose() => _giveUp.Dispose();
}
