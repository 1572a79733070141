using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Broker;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Worker.Retries;

/// <summary>
/// Sends a probe through each queue of delayed retries now and then, and raises an alarm where it does not come back in time: jobs that wait there
/// do not either. All workers see all probes, and while one's come back the others send none.
/// </summary>
internal sealed partial class RetryWatch(
    IOptions<BrokerOptions> broker, IOptions<RetryOptions> options, RetryPipelines retries, WorkerMetrics metrics, TimeProvider time, ILogger<RetryWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_closeTimeout = TimeSpan.FromSeconds(2);

    private readonly string _self = Guid.NewGuid().ToString("N");
    private readonly TimeSpan _alarmAfter = options.Value.AlarmAfter;
    private readonly Dictionary<string, (LogPace Pace, bool IsLate)> _told = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                // Anew for each connection: what came back in between was seen by nobody here.
                var probes = options.Value.QueueDelays.Select(delay => new RetryProbe(delay, _alarmAfter, time)).ToDictionary(probe => probe.Queue, StringComparer.Ordinal);
                var (connection, channel) = await retries.Broker.ExecuteAsync(async token => await OpenAsync(probes, token), stoppingToken);
                try
                {
                    await WatchAsync(channel, probes.Values, stoppingToken);
                }
                catch (Exception fault) when (BrokerFaults.IsTransient(fault))
                {
                    LogLost(fault.Message);
                }
                finally
                {
                    await connection.AbortAsync(Constants.ReplySuccess, "the watch ends", s_closeTimeout);
                    await connection.DisposeAsync();
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The worker ends.
        }
    }

    private async ValueTask<(IConnection Connection, IChannel Channel)> OpenAsync(Dictionary<string, RetryProbe> probes, CancellationToken cancellationToken)
    {
        var connection = await broker.Value.CreateConnectionFactory("retry watch").CreateConnectionAsync(cancellationToken);
        try
        {
            var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            // Gone with the connection. It has a copy of each probe; the durable queue beside it has the other.
            var queue = $"{BrokerNames.Exchange}.{BrokerNames.RetryProbeKey}.{_self}.{Guid.NewGuid():N}";
            await channel.QueueDeclareAsync(queue, durable: false, exclusive: true, autoDelete: true, cancellationToken: cancellationToken);
            await channel.QueueBindAsync(queue, BrokerNames.RetryReturn, BrokerNames.RetryProbeKey, cancellationToken: cancellationToken);
            var consumer = new AsyncEventingBasicConsumer(channel);
            consumer.ReceivedAsync += (_, delivery) =>
            {
                Take(probes, delivery.BasicProperties);
                return Task.CompletedTask;
            };
            await channel.BasicConsumeAsync(queue, autoAck: true, consumer, cancellationToken);
            return (connection, channel);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private void Take(Dictionary<string, RetryProbe> probes, IReadOnlyBasicProperties properties)
    {
        if (!probes.TryGetValue(properties.Type ?? "", out var probe))
        {
            // Of a delay that another worker has.
            return;
        }

        if (properties.CorrelationId != _self)
        {
            probe.ReturnOther();
        }
        else if (long.TryParse(properties.MessageId, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            probe.Return(number);
        }
    }

    /// <summary>Until the channel is lost.</summary>
    private async Task WatchAsync(IChannel channel, IReadOnlyCollection<RetryProbe> probes, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_alarmAfter / 4, time);
        while (await timer.WaitForNextTickAsync(cancellationToken) && channel.IsOpen)
        {
            foreach (var probe in probes)
            {
                if (probe.TryNext(out var number))
                {
                    await SendAsync(channel, probe, number, cancellationToken);
                }

                Tell(probe);
            }
        }
    }

    private async Task SendAsync(IChannel channel, RetryProbe probe, long number, CancellationToken cancellationToken)
    {
        var properties = new BasicProperties
        {
            Type = probe.Queue,
            CorrelationId = _self,
            MessageId = number.ToString(CultureInfo.InvariantCulture),
        };
        // Neither mandatory nor confirmed: one that no queue takes does not come back either.
        await channel.BasicPublishAsync(probe.Queue, BrokerNames.RetryProbeKey, mandatory: false, properties, ReadOnlyMemory<byte>.Empty, cancellationToken);
    }

    private void Tell(RetryProbe probe)
    {
        var overdue = probe.Overdue;
        var isLate = overdue > _alarmAfter;
        metrics.RetryOverdue(probe.Queue, overdue > TimeSpan.Zero ? overdue : TimeSpan.Zero);
        var (pace, wasLate) = _told.TryGetValue(probe.Queue, out var told) ? told : (new LogPace(time, TimeSpan.FromMinutes(1)), false);
        _told[probe.Queue] = (pace, isLate);
        if (isLate && pace.TryTake(out _))
        {
            LogLate(probe.Queue, probe.Delay, overdue);
        }
        else if (wasLate && !isLate)
        {
            LogInTime(probe.Queue);
        }
    }

    [LoggerMessage(
        EventId = 530,
        Level = LogLevel.Error,
        Message = "Queue {Queue} has not given back a probe that is {Overdue} over its delay of {Delay}: jobs that wait there for their next attempt do not come back either. Look for a model's queue that takes no messages (a length limit, no majority of its nodes), for an alarm of the broker, and whether that queue and millrace.dead exist: docs/operations.md, 'Delayed retries'")]
    private partial void LogLate(string queue, TimeSpan delay, TimeSpan overdue);

    [LoggerMessage(EventId = 531, Level = LogLevel.Information, Message = "Queue {Queue} gives jobs back in time again")]
    private partial void LogInTime(string queue);

    [LoggerMessage(EventId = 532, Level = LogLevel.Information, Message = "The queues of delayed retries are not watched for a moment: {Reason}")]
    private partial void LogLost(string reason);
}
