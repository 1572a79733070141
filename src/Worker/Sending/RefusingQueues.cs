namespace Millrace.Worker.Sending;

/// <summary>
/// How long a message waits that its queue refused, and when it is given up: after <see cref="MaxTries"/> tries in about four seconds;
/// at once where the queue has refused all along for as long as that, or where many wait already. Each that waits is an unacked delivery,
/// and a caller whose queue is full must not fill the prefetch with them. Thread-safe.
/// </summary>
internal sealed class RefusingQueues(TimeProvider time)
{
    /// <summary>How often a reply is sent at most.</summary>
    public const int MaxTries = 5;

    /// <summary>How often a message to an exchange of ours is: a job is lost to its row if it is given up.</summary>
    public const int MaxTriesOfOurs = 20;

    /// <summary>The most messages that wait for one queue.</summary>
    public const int MaxWaiting = 32;

    /// <summary>The most messages that wait for all queues together.</summary>
    public const int MaxWaitingInAll = 128;

    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(2.7);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Refusing> _queues = new(StringComparer.Ordinal);
    private int _waiting;

    /// <summary>Takes a message that was refused just now; its <see cref="PendingSend.Refusals"/> are counted already.</summary>
    /// <returns>After which time it is to be sent again, and <see cref="Return"/> to be called; null where it is given up.</returns>
    public TimeSpan? Refuse(PendingSend send)
    {
        var delay = SendDelay.After(send.Refusals, s_firstDelay, s_longestDelay);
        if (send.Message.Exchange.Length > 0)
        {
            return send.Refusals < MaxTriesOfOurs ? delay : null;
        }

        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (!_queues.TryGetValue(send.Message.RoutingKey, out var queue))
            {
                if (_queues.Count >= MaxWaitingInAll)
                {
                    DropIdle(now);
                }

                if (_queues.Count >= MaxWaitingInAll)
                {
                    return null;
                }

                _queues.Add(send.Message.RoutingKey, queue = new Refusing { Since = now });
            }
            else if (queue.Waiting == 0 && time.GetElapsedTime(queue.Last, now) > s_patience)
            {
                queue.Since = now;
            }

            queue.Last = now;
            if (send.Refusals >= MaxTries
                || queue.Waiting >= MaxWaiting
                || _waiting >= MaxWaitingInAll
                || time.GetElapsedTime(queue.Since, now) > s_patience)
            {
                return null;
            }

            queue.Waiting++;
            _waiting++;
            return delay;
        }
    }

    /// <summary>Says that a message's wait is over.</summary>
    public void Return(PendingSend send)
    {
        lock (_gate)
        {
            if (send.Message.Exchange.Length == 0 && _queues.TryGetValue(send.Message.RoutingKey, out var queue))
            {
                queue.Waiting--;
                _waiting--;
            }
        }
    }

    /// <summary>Says that a queue has taken a message that it had refused: it is not always full.</summary>
    public void Take(PendingSend send)
    {
        lock (_gate)
        {
            if (_queues.TryGetValue(send.Message.RoutingKey, out var queue))
            {
                queue.Since = time.GetTimestamp();
            }
        }
    }

    private void DropIdle(long now)
    {
        foreach (var (name, queue) in _queues)
        {
            if (queue.Waiting == 0 && time.GetElapsedTime(queue.Last, now) > s_patience)
            {
                _queues.Remove(name);
            }
        }
    }

    private sealed class Refusing
    {
        /// <summary>Since when it has refused whatever came.</summary>
        public long Since { get; set; }

        public long Last { get; set; }

        public int Waiting { get; set; }
    }
}
