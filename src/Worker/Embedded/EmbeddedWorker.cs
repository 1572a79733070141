using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Batching;
using Millrace.Worker.Cancelling;
using Millrace.Worker.Delivery;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Retries;
using Millrace.Worker.Sending;

namespace Millrace.Worker.Embedded;

/// <summary>
/// The whole worker inside another process, which hands it jobs and gets their replies without a broker: the worker's own intake, batcher,
/// sessions and result writer.
/// </summary>
public sealed class EmbeddedWorker : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly IReadOnlyList<IHostedService> _hosted;
    private readonly EmbeddedIntake _intake;
    private readonly RetryPipelines _retries;

    private EmbeddedWorker(ServiceProvider services)
    {
        _services = services;
        _hosted = [.. services.GetServices<IHostedService>()];
        _intake = services.GetRequiredService<EmbeddedIntake>();
        _retries = services.GetRequiredService<RetryPipelines>();
    }

    /// <summary>
    /// Fails when a part of the worker has ended by itself, with its reason, such as <see cref="StoreFailedException"/>: no job ends here any
    /// more then. There is no host around the worker that would end with it.
    /// </summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Loads the models and starts; jobs may be sent once it returns.</summary>
    /// <exception cref="ModelConfigurationException">A model cannot be served.</exception>
    public static async Task<EmbeddedWorker> StartAsync(EmbeddedWorkerOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            [$"{ModelsOptions.Section}:{nameof(ModelsOptions.Directory)}"] = options.ModelsDirectory,
            [$"{ModelsOptions.Section}:{nameof(ModelsOptions.Names)}"] = string.Join(',', options.ModelNames),
        }).Build();

        // The same parts in the same order as in the worker that is a process of its own, with the two ends exchanged.
        var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton(options.Loggers)
            .AddSingleton(typeof(ILogger<>), typeof(Logger<>))
            .AddSingleton(options)
            .AddObservability(configuration)
            .AddResilience()
            .AddRetries()
            // Who waits here is a command, or a program that has callers of its own: it is told what only a person can mend.
            .AddSingleton(provider => new RetryPipelines(
                options.Store,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<RetryPipelines>>(),
                provider.GetRequiredService<WorkerMetrics>(),
                servesCommand: true))
            .AddSingleton(options.Store)
            .AddInference()
            .AddSingleton<IMessageSender, EmbeddedSender>()
            .AddSingleton<IRetryRoute, EmbeddedRetries>()
            .AddDelivery()
            .AddBatching()
            .AddCancelling()
            .AddIntake()
            .AddSingleton<EmbeddedIntake>()
            .AddHostedService(provider => provider.GetRequiredService<EmbeddedIntake>())
            .BuildServiceProvider();
        try
        {
            var worker = new EmbeddedWorker(services);
            await worker.StartPartsAsync(cancellationToken);

            worker.Ended = WatchAsync([.. worker._hosted.OfType<BackgroundService>().Select(service => service.ExecuteTask!)]);
            return worker;
        }
        catch
        {
            await services.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a model takes and gives, as this worker serves it.</summary>
    /// <param name="modelName">The model.</param>
    /// <param name="version">The version; null for the newest.</param>
    /// <returns>Null where it is not served here.</returns>
    public ModelDescription? Describe(string modelName, string? version) =>
        _services.GetRequiredService<ModelCatalog>().Find(modelName, version, out var model) is null
            ? ModelDescriptions.Of(model.Version, _services.GetRequiredService<IOptions<LimitsOptions>>().Value)
            : null;

    /// <summary>Sends a job, once the worker has room for it; its reply comes with the same correlation id.</summary>
    /// <param name="modelName">The model.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="correlationId">Comes back with the reply.</param>
    /// <param name="body">The job. Its bytes may not change until the reply has come.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    /// <exception cref="UnroutableModelException">Nobody here serves the model.</exception>
    /// <exception cref="ObjectDisposedException">The worker has ended.</exception>
    public Task SendAsync(string modelName, Lane lane, string correlationId, WireBody body, CancellationToken cancellationToken) =>
        _intake.SendAsync(modelName, lane, correlationId, body, cancellationToken);

    /// <summary>Ends what is in flight, commits it and stops. A store that is away is not waited for: what has no row then has none.</summary>
    public async ValueTask DisposeAsync()
    {
        _retries.End();
        foreach (var service in _hosted.Reverse())
        {
            try
            {
                // What runs is waited for: its session must not be disposed of under it.
                await service.StopAsync(CancellationToken.None);
            }
            catch (Exception) when (Ended.IsFaulted)
            {
                // Told by Ended.
            }
        }

        await _services.DisposeAsync();
    }

    private async Task StartPartsAsync(CancellationToken cancellationToken)
    {
        // A token of the start alone: parts that run in the background keep theirs linked to it, and would look after nothing any more where the
        // caller's is cancelled later, before they are stopped.
        using var start = new CancellationTokenSource();
        await using var _ = start.CancelWith(cancellationToken);
        foreach (var service in _hosted)
        {
            await service.StartAsync(start.Token);
        }
    }

    private static async Task WatchAsync(Task[] parts)
    {
        await foreach (var ended in Task.WhenEach(parts))
        {
            await ended;
        }
    }
}
