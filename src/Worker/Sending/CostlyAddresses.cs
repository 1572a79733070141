namespace Millrace.Worker.Sending;

/// <summary>
/// What is known of messages that cost their channel: from which size on the broker refused one, and to which reply queues' names. The next
/// of the kind goes apart from the start, so that it costs nobody else's. Thread-safe.
/// </summary>
internal sealed class CostlyAddresses(TimeProvider time)
{
    /// <summary>The most names that are remembered, the latest.</summary>
    public const int MaxNames = 256;

    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_hopeless = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _names = new(StringComparer.Ordinal);
    private volatile bool _hasNames;
    private volatile int _tooLargeBytes = int.MaxValue;

    /// <summary>Whether a message is of a kind that has cost a channel.</summary>
    public bool Fits(OutboundMessage message) => message.Body.Bytes.Length >= _tooLargeBytes || (_hasNames && IsCostly(message));

    /// <summary>Whether messages to that name have cost a channel lately.</summary>
    public bool IsCostly(OutboundMessage message) => HasCostWithin(s_memory, message);

    /// <summary>
    /// Whether a message need not be tried: a direct reply-to's name is to blame by itself, where another queue's may be a caller's to whom
    /// somebody else has sent what cost the channel.
    /// </summary>
    public bool IsHopeless(OutboundMessage message) =>
        _hasNames && message.IsDirectReply && HasCostWithin(s_hopeless, message);

    /// <summary>Notes a message that the broker found too large.</summary>
    public void AddTooLarge(OutboundMessage message)
    {
        lock (_gate)
        {
            _tooLargeBytes = Math.Min(_tooLargeBytes, message.Body.Bytes.Length);
        }
    }

    /// <summary>Notes a message that costs its channel every time.</summary>
    public void Add(OutboundMessage message)
    {
        if (message.Exchange.Length > 0)
        {
            return;
        }

        lock (_gate)
        {
            if (_names.Count >= MaxNames && !_names.ContainsKey(message.RoutingKey))
            {
                _names.Remove(_names.MinBy(pair => pair.Value).Key);
            }

            _names[message.RoutingKey] = time.GetTimestamp();
            _hasNames = true;
        }
    }

    private bool HasCostWithin(TimeSpan age, OutboundMessage message)
    {
        lock (_gate)
        {
            return message.Exchange.Length == 0
                && _names.TryGetValue(message.RoutingKey, out var since)
                && time.GetElapsedTime(since) < age;
        }
    }
}
