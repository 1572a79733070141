using System.Collections;
using System.Text;

namespace Millrace.Contracts;

/// <summary>Why and from where the broker took a message to the dead letters, as its headers say.</summary>
/// <param name="Reason">RabbitMQ's word: <c>delivery_limit</c>, <c>expired</c>, <c>rejected</c> or <c>maxlen</c>.</param>
/// <param name="Queue">The queue that it was taken from.</param>
public sealed record BrokerDeath(string Reason, string Queue)
{
    /// <summary>The header with one table for each queue and reason, the latest death first.</summary>
    public const string Header = "x-death";

    /// <summary>Reason of a message that was delivered too often.</summary>
    public const string DeliveryLimit = "delivery_limit";

    /// <summary>Reason of a message whose time to live, or its queue's, was over.</summary>
    public const string Expired = "expired";

    /// <summary>Reason of a message that a consumer rejected.</summary>
    public const string Rejected = "rejected";

    /// <summary>
    /// The queue of a model that it is a job of: <see cref="Queue"/>, or, where it waited for its next attempt, the queue that it could not go
    /// back to. Null where it is of none.
    /// </summary>
    public string? ModelQueue { get; init; }

    /// <summary>What the broker wrote of the latest death; each value is of the client library's type.</summary>
    public IDictionary<string, object?> Details { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>Reads a message's headers.</summary>
    /// <param name="headers">The headers.</param>
    /// <param name="routingKey">The routing key that it came with, which it keeps while it waits for its next attempt.</param>
    /// <returns>Null for a message that the broker has not taken anywhere.</returns>
    /// <remarks>
    /// Only by the first entry, and of that only by queue and reason: that much the broker itself has written. Whoever published the message
    /// may have put other entries there before it, and the rest of one for the same queue and reason (RabbitMQ counts that one up and moves it
    /// to the front). Not by <c>x-first-death-…</c> either, which the broker leaves as it finds it.
    /// </remarks>
    public static BrokerDeath? Read(IDictionary<string, object?>? headers, string? routingKey = null)
    {
        if (headers is null
            || !headers.TryGetValue(Header, out var value)
            || value is not IList { Count: > 0 } deaths
            || deaths[0] is not IDictionary<string, object?> latest
            || Text(latest, "queue") is not { } queue
            || Text(latest, "reason") is not { } reason)
        {
            return null;
        }

        // What was put straight into that queue has the queue's own name for a routing key, and is no model's.
        var modelQueue = BrokerNames.IsRetryQueue(queue) && routingKey != queue ? $"{BrokerNames.Exchange}.{routingKey}" : queue;
        return new BrokerDeath(reason, queue)
        {
            Details = latest,
            ModelQueue = BrokerNames.TryParseQueue(modelQueue, out _, out _) ? modelQueue : null,
        };
    }

    /// <summary>A text of AMQP, which client libraries give as bytes.</summary>
    private static string? Text(IDictionary<string, object?> table, string key) => table.TryGetValue(key, out var value)
        ? value switch { byte[] bytes => Encoding.UTF8.GetString(bytes), string text => text, _ => null }
        : null;
}
