using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Batching;
using Millrace.Worker.Broker;
using Millrace.Worker.Inference;
using Millrace.Worker.Resilience;
using Millrace.Worker.Retries;

namespace Millrace.Worker.Intake;

/// <summary>Consumes every served model's two queues from RabbitMQ, and stops first at the end (docs/adr/0007).</summary>
internal sealed partial class RabbitMqIntake : BackgroundService
{
    private readonly BrokerOptions _options;
    private readonly ModelCatalog _catalog;
    private readonly ModelServing _serving;
    private readonly ILogger<RabbitMqIntake> _logger;
    private readonly IntakeConnection _connection;
    private readonly CancellationTokenSource _giveUp = new();
    private readonly List<QueueIntake> _queues = [];
    private Task[] _runs = [];

    public RabbitMqIntake(
        IOptions<BrokerOptions> options,
        IOptions<RetryOptions> delays,
        ModelCatalog catalog,
        Batchers batchers,
        ModelServing serving,
        JobConsumer consumer,
        RetryPipelines retries,
        TimeProvider time,
        ILogger<RabbitMqIntake> logger)
    {
        (_options, _catalog, _serving, _logger) = (options.Value, catalog, serving, logger);
        _connection = new IntakeConnection(_options, "intake");
        foreach (var model in catalog.Names)
        {
            _queues.Add(Create(model, Lane.Interactive, _options.Prefetch));
            _queues.Add(Create(model, Lane.Bulk, _options.BulkPrefetch));
        }

        QueueIntake Create(string model, Lane lane, int prefetch)
        {
            var queue = BrokerNames.Queue(model, lane);
            var newest = catalog.Newest(model);
            var batcher = batchers.Of(newest);
            return new QueueIntake(
                queue,
                new PrefetchWindow(
                    serving.PaceOf(model), lane, newest.Sessions, () => batcher.MaxBatchSize, prefetch, _options.PrefetchBytes, time),
                _connection.OpenChannelAsync,
                (channel, token) => BrokerTopology.DeclareAsync(channel, _options, delays.Value.QueueDelays, [model], token),
                (channel, held, failed) => new QueueConsumer(
                    channel, (raw, gone) => consumer.Consume(AmqpDelivery.Read(raw, model, lane), gone), held, failed, queue, time, logger),
                retries,
                time,
                logger);
        }
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
        await using (_giveUp.CancelWith(cancellationToken))
        {
            var stopped = base.StopAsync(cancellationToken);
            // What goes back while a queue is still consumed would come again at once.
            await Task.WhenAny(Task.WhenAll(_queues.Select(queue => queue.Silent)), stopped);
            await _serving.EndAsync(cancellationToken);
            await stopped;
            // Where one queue has failed, the others finish what they have all the same.
            await Task.WhenAny(Task.WhenAll(_runs), Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken));
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _runs = [.. _queues.Select(queue => queue.RunAsync(stoppingToken, _giveUp.Token))];
        await foreach (var ended in Task.WhenEach(_runs))
        {
            // The first that fails ends the worker: one that does not consume all its queues only looks as if it worked.
            await ended;
        }
    }

    [LoggerMessage(EventId = 502, Level = LogLevel.Information, Message = "Stopping: no job is taken any more; those that run are finished, those that wait go back")]
    private partial void LogStopping();

    [LoggerMessage(EventId = 501, Level = LogLevel.Information, Message = "Ready: consuming jobs from {Broker} for {Models} model(s)")]
    private partial void LogConsuming(string broker, int models);
}
