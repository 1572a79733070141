using RabbitMQ.Client;

namespace Millrace.Bench.Floor;

/// <summary>Puts each delivery into the open group, and acks in the order of deliveries.</summary>
internal sealed class Intake(IChannel channel, Model model) : AsyncDefaultBasicConsumer(channel), IDisposable
{
    private readonly JobReader _reader = new(model);
    private readonly SemaphoreSlim _waitingLane = new(1);
    private readonly Queue<Turn> _turns = new();
    private readonly Lock _gate = new();
    private Group _open = new(model);
    private ulong _lastDelivery;
    private TaskCompletionSource? _arrived;
    private TaskCompletionSource? _taken;

    // The client calls it for one delivery after the other.
    public override Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        var job = _reader.Read(properties, body.Span, out var tensor);
        TaskCompletionSource taken;
        lock (_gate)
        {
            if (_open.TryAdd(job, tensor))
            {
                _lastDelivery = deliveryTag;
                _arrived?.TrySetResult();
                return Task.CompletedTask;
            }

            _taken = taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return WhenTakenAsync();

        async Task WhenTakenAsync()
        {
            await taken.Task;
            await HandleBasicDeliverAsync(consumerTag, deliveryTag, redelivered, exchange, routingKey, properties, body, cancellationToken);
        }
    }

    /// <summary>Waits for a job, and takes what is there by then.</summary>
    /// <param name="empty">Is filled next.</param>
    public async Task<Group> TakeAsync(Group empty)
    {
        await _waitingLane.WaitAsync();
        try
        {
            while (true)
            {
                Task arrived;
                lock (_gate)
                {
                    if (_open.Rows > 0)
                    {
                        return Exchange(empty);
                    }

                    _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    arrived = _arrived.Task;
                }

                await arrived;
            }
        }
        finally
        {
            _waitingLane.Release();
        }
    }

    /// <summary>Acks the deliveries of a group, once those of the groups before it are acked too.</summary>
    public ValueTask AckAsync(Turn turn)
    {
        lock (_gate)
        {
            turn.IsDone = true;
            Turn? last = null;
            while (_turns.TryPeek(out var first) && first.IsDone)
            {
                last = _turns.Dequeue();
            }

            // Written within the lock: an ack must not overtake an earlier one.
            return last is null ? default : Channel.BasicAckAsync(last.LastDelivery, multiple: true);
        }
    }

    public void Dispose() => _waitingLane.Dispose();

    private Group Exchange(Group empty)
    {
        var group = _open;
        group.Turn = new Turn(_lastDelivery);
        _turns.Enqueue(group.Turn);
        _open = empty;
        _arrived = null;
        _taken?.TrySetResult();
        _taken = null;
        return group;
    }
}
