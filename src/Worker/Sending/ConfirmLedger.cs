namespace Millrace.Worker.Sending;

/// <summary>
/// The messages of one channel that the broker has not answered for yet. It counts them from 1 in the order they are published in, and
/// answers for one, or with <c>multiple</c> for all up to one (RabbitMQ, publisher confirms). Thread-safe.
/// </summary>
internal sealed class ConfirmLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, PendingSend> _open = [];
    private ulong _published;
    private ulong _oldest = 1;
    private bool _isClosed;

    /// <summary>Says that a message is published next.</summary>
    /// <returns>False where the channel is gone; the message is not in the ledger then.</returns>
    public bool TryAdd(PendingSend send)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _open.Add(++_published, send);
            }

            return !_isClosed;
        }
    }

    /// <summary>Takes the message that was added last out again: it was not published. Whether the broker counts it is not known.</summary>
    public void Withdraw()
    {
        lock (_gate)
        {
            _open.Remove(_published);
        }
    }

    /// <summary>Takes the messages that an answer is for.</summary>
    /// <param name="tag">The broker's delivery tag.</param>
    /// <param name="multiple">Whether it is for all up to that.</param>
    /// <param name="answered">Gets them.</param>
    public void Take(ulong tag, bool multiple, List<PendingSend> answered)
    {
        lock (_gate)
        {
            for (var i = multiple ? _oldest : tag; i <= tag; i++)
            {
                if (_open.Remove(i, out var send))
                {
                    answered.Add(send);
                }
            }

            while (_oldest <= _published && !_open.ContainsKey(_oldest))
            {
                _oldest++;
            }
        }
    }

    /// <summary>
    /// Notes that the broker has returned a message: no queue takes it. Its confirm follows. The broker does not say which it was, only what
    /// it was; of two that are the same, either may be meant.
    /// </summary>
    /// <returns>False where none of the messages is that one.</returns>
    public bool TryMarkReturned(string exchange, string routingKey, string? correlationId, ReadOnlySpan<byte> body)
    {
        lock (_gate)
        {
            for (var i = _oldest; i <= _published; i++)
            {
                if (_open.TryGetValue(i, out var send)
                    && !send.IsReturned
                    && send.Message.RoutingKey == routingKey
                    && send.Message.Exchange == exchange
                    && send.Message.CorrelationId == correlationId
                    && send.Message.Body.Bytes.Span.SequenceEqual(body))
                {
                    return send.IsReturned = true;
                }
            }

            return false;
        }
    }

    /// <summary>Takes all: the channel is gone, and nobody answers for them any more. Nothing can be added from now on.</summary>
    public IReadOnlyCollection<PendingSend> Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            PendingSend[] left = [.. _open.OrderBy(pair => pair.Key).Select(pair => pair.Value)];
            _open.Clear();
            return left;
        }
    }
}
