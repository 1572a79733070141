using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Inference;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Intake;

/// <summary>Consumes every served model's two queues from RabbitMQ, and stops first at the end (docs/adr/0007).</summary>
internal sealed partial class RabbitMqIntake : BackgroundService
{
    private readonly BrokerOptions _options;
    private readonly ModelCatalog _catalog;
    private readonly ILogger<RabbitMqIntake> _logger;
    private readonly IntakeConnection _connection;
    private readonly CancellationTokenSource _giveUp = new();
    private readonly List<QueueIntake> _queues = [];

    public RabbitMqIntake(
        IOptions<BrokerOptions> options,
        IOptions<RetryOptions> delays,
        ModelCatalog catalog,
        JobConsumer consumer,
        RetryPipelines retries,
        TimeProvider time,
        ILogger<RabbitMqIntake> logger)
    {
        (_options, _catalog, _logger) = (options.Value, catalog, logger);
        _connection = new IntakeConnection(_options);
        foreach (var model in catalog.Names)
        {
            _queues.Add(Create(model, Lane.Interactive, _options.Prefetch));
            _queues.Add(Create(model, Lane.Bulk, _options.BulkPrefetch));
        }

        QueueIntake Create(string model, Lane lane, int prefetch) => new(
            model,
            lane,
            (ushort)prefetch,
            _connection,
            (channel, token) => BrokerTopology.DeclareAsync(channel, _options, delays.Value.DelayList, [model], token),
            consumer,
            retries,
            time,
            logger);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        var consuming = Task.WhenAll(_queues.Select(queue => queue.Consuming));
        await await Task.WhenAny(consuming, ExecuteTask!).WaitAsync(cancellationToken);
        LogConsuming(_options.Description, _catalog.Names.Count);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        LogStopping();
        await using (cancellationToken.Register(_giveUp.Cancel))
        {
            await base.StopAsync(cancellationToken);
        }

        await _connection.DisposeAsync();
        // It does not say itself that time was up.
        cancellationToken.ThrowIfCancellationRequested();
    }

    public override void Dispose()
    {
        _giveUp.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(_queues.Select(queue => queue.RunAsync(stoppingToken, _giveUp.Token)));

    [LoggerMessage(EventId = 502, Level = LogLevel.Information, Message = "Stopping: no job is taken any more; those in flight are finished")]
    private partial void LogStopping();

    [LoggerMessage(EventId = 501, Level = LogLevel.Information, Message = "Ready: consuming jobs from {Broker} for {Models} model(s)")]
    private partial void LogConsuming(string broker, int models);
}
