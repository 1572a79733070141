using Microsoft.Extensions.Hosting;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Inference;
using Millrace.Worker.Intake;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Embedded;

/// <summary>Hands jobs straight to the worker's intake, so many of each model and lane at once.</summary>
internal sealed class EmbeddedIntake : IHostedService, IDisposable
{
    // Stands for the embedding process in reply_to.
    private const string ReplyQueue = "embedded";

    private readonly JobConsumer _consumer;
    private readonly Dictionary<(string Model, Lane Lane), SemaphoreSlim> _room = [];
    private readonly IReadOnlyCollection<string> _served;
    private readonly OpenDeliveries _open = new();
    private volatile bool _isClosed;

    public EmbeddedIntake(EmbeddedWorkerOptions options, ModelCatalog catalog, JobConsumer consumer)
    {
        (_consumer, _served) = (consumer, catalog.Names);
        foreach (var model in catalog.Names)
        {
            foreach (var lane in Enum.GetValues<Lane>())
            {
                _room.Add((model, lane), new SemaphoreSlim(options.Prefetch));
            }
        }
    }

    /// <summary>Takes a job in, once there is room for it. Its body may not change until it has ended.</summary>
    /// <exception cref="UnroutableModelException">Nobody here serves the model.</exception>
    /// <exception cref="ObjectDisposedException">The worker has ended.</exception>
    public async Task SendAsync(string model, Lane lane, string correlationId, WireBody body, CancellationToken cancellationToken)
    {
        if (!_room.TryGetValue((model, lane), out var room))
        {
            throw new UnroutableModelException(model, _served);
        }

        await room.WaitAsync(cancellationToken);
        _open.Add();
        var settlement = new HeldSettlement(this, room);
        if (_isClosed)
        {
            settlement.Complete();
            throw new ObjectDisposedException(nameof(EmbeddedWorker));
        }

        var delivery = new InboundDelivery
        {
            Body = body.Bytes,
            ContentType = body.ContentType,
            ContentEncoding = body.ContentEncoding,
            HeaderLength = body.HeaderLength,
            ReplyTo = ReplyQueue,
            CorrelationId = correlationId,
            Redelivered = false,
            Settlement = settlement,
            QueueModel = model,
            Lane = lane,
        };
        // On the pool: whoever makes job after job goes on while this one is read.
        await Task.Run(() => _consumer.Consume(delivery, CancellationToken.None), CancellationToken.None);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes no job any more, and waits until those that it has taken have ended.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _isClosed = true;
        return _open.AtMostAsync(0, cancellationToken);
    }

    public void Dispose()
    {
        foreach (var room in _room.Values)
        {
            room.Dispose();
        }
    }

    /// <summary>Makes room for another job at a job's end. One that is given back has no queue to go to: the worker ends, and says why.</summary>
    private sealed class HeldSettlement(EmbeddedIntake intake, SemaphoreSlim room) : ISettlement
    {
        private int _isSettled;

        public void Complete()
        {
            if (Interlocked.Exchange(ref _isSettled, 1) == 0)
            {
                room.Release();
                intake._open.Remove(1);
            }
        }

        public void Abandon(Exception cause) => Complete();
    }
}
