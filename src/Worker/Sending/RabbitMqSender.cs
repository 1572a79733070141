using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Millrace.Contracts.Wire;
using Millrace.Worker.Broker;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;

namespace Millrace.Worker.Sending;

/// <summary>
/// Publishes mandatory and confirmed, hundreds in flight, on connections and channels of its own: a reply queue that is gone, or one
/// that may not be written to, then disturbs no consumer. docs/adr/0001 says why MassTransit's own send is not used for it. What costs its
/// channel is found by sending those that were in flight again, apart and one by one; what a queue refuses waits aside.
/// </summary>
internal sealed partial class RabbitMqSender : BackgroundService, IMessageSender
{
    private readonly WorkerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<RabbitMqSender> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly SendLane[] _lanes;
    private readonly SendLane _suspects;
    private readonly DirectReplies _direct;
    private readonly RefusingQueues _refusing;
    private readonly CostlyAddresses _costly;
    private int _next;

    /// <param name="open">Opens a connection.</param>
    /// <param name="channels">How many channels messages go over that are not suspected of costing theirs.</param>
    /// <param name="retries">Waits for a broker that is away.</param>
    /// <param name="metrics">Counts what is sent again.</param>
    /// <param name="time">Measures waits.</param>
    /// <param name="logger">For what is not taken.</param>
    public RabbitMqSender(
        OpenConnection open,
        int channels,
        RetryPipelines retries,
        WorkerMetrics metrics,
        TimeProvider time,
        ILogger<RabbitMqSender> logger)
    {
        (_metrics, _time, _logger) = (metrics, time, logger);
        _refusing = new RefusingQueues(time);
        _costly = new CostlyAddresses(time);
        _lanes = [.. Enumerable.Range(0, channels).Select(_ =>
            new SendLane(open, retries, Unconfirmed, _refusing.Take, Resend, isAlone: false, time))];
        _suspects = new SendLane(
            open, retries, UnconfirmedAlone, _refusing.Take, late => AgainLater(late, s_longestDelay, _suspects!.Add), isAlone: true, time);
        _direct = new DirectReplies(open, retries, Resend, alone => AgainUnlessHopeless(alone, _suspects.Add), send => CostsChannel(send, _direct!.Add), time);
    }

    public bool KeepsBodies => false;

    public ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken)
    {
        if (AmqpShortText.FirstUnwritable(message) is { } name)
        {
            LogNotWritable(CallerText.Shorten(message.RoutingKey), name);
            return ValueTask.FromResult(SendOutcome.CannotBeWritten);
        }

        if (_costly.IsHopeless(message))
        {
            return ValueTask.FromResult(SendOutcome.CostsChannel);
        }

        var send = new PendingSend(message);
        if (_costly.Fits(message))
        {
            _suspects.Add(send);
        }
        else if (message.IsDirectReply)
        {
            _direct.Add(send);
        }
        else
        {
            Resend(send);
        }

        return cancellationToken.CanBeCanceled
            ? new ValueTask<SendOutcome>(send.Outcome.AsTask().WaitAsync(cancellationToken))
            : send.Outcome;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // The intake has ended before: nothing waits for a reply any more, or its time is up.
        Array.ForEach(_lanes, lane => lane.Close());
        _suspects.Close();
        await _stop.CancelAsync();
        await base.StopAsync(cancellationToken);
        // A service that is stopped before its loops have begun has none to do this.
        Array.ForEach(_lanes, lane => lane.End());
        _suspects.End();
        _direct.End();
    }

    public override void Dispose()
    {
        _stop.Dispose();
        base.Dispose();
    }

    /// <summary>Ends where the first of its loops does, with its reason, and with that the worker.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loops = _lanes.Append(_suspects)
            .Select(lane => Task.Run(() => lane.RunAsync(stoppingToken), CancellationToken.None))
            .Concat(_direct.Start(stoppingToken))
            .ToArray();
        await foreach (var ended in Task.WhenEach(loops).WithCancellation(CancellationToken.None))
        {
            await ended;
        }
    }

    private void Resend(PendingSend send) => _lanes[_lanes.Length == 1 ? 0 : (uint)Interlocked.Increment(ref _next) % _lanes.Length].Add(send);
}
