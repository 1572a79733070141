using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Broker;
using Millrace.Worker.Intake;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.DeadLetters;

/// <summary>Consumes the dead letters that are to get rows, as the queues of jobs are consumed, on a connection of their own.</summary>
internal sealed class DeadLetterIntake : BackgroundService
{
    private readonly IntakeConnection _connection;
    private readonly QueueIntake _queue;
    private readonly CancellationTokenSource _giveUp = new();

    public DeadLetterIntake(
        IOptions<BrokerOptions> options, DeadLetterFilter filter, RetryPipelines retries, TimeProvider time, ILogger<DeadLetterIntake> logger)
    {
        _connection = new IntakeConnection(options.Value, "dead letters");
        _queue = new QueueIntake(
            BrokerNames.DeadLetterRows,
            PrefetchWindow.Fixed(options.Value.DeadLetterPrefetch, time),
            _connection.OpenChannelAsync,
            (channel, token) => BrokerTopology.DeclareAsync(channel, options.Value, [], [], token),
            (channel, held, failed) => new QueueConsumer(channel, filter.Take, held, failed, BrokerNames.DeadLetterRows, time, logger),
            retries,
            time,
            logger);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        await await Task.WhenAny(_queue.Consuming, ExecuteTask!).WaitAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await using (_giveUp.CancelWith(cancellationToken))
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

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _queue.RunAsync(stoppingToken, _giveUp.Token);
}
