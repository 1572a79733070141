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

    /// <summary>The queue of a model that it was in: <see cref="Queue"/>, or, where that is none, the last one before it.</summary>
    public string? ModelQueue { get; init; }

    /// <summary>What the broker wrote of the latest death; each value is of the client library's type.</summary>
    public IDictionary<string, object?> Details { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>Reads a message's headers.</summary>
    /// <returns>Null for a message that the broker has not taken anywhere.</returns>
    /// <remarks>
    /// Not by <c>x-first-death-…</c>: a job that has waited in a queue of delayed retries has died there first, by expiry, and is none
    /// the worse for it.
    /// </remarks>
    public static BrokerDeath? Read(IDictionary<string, object?>? headers)
    {
        if (headers is null || !headers.TryGetValue(Header, out var value) || value is not IList deaths)
        {
            return null;
        }

        BrokerDeath? latest = null;
        string? modelQueue = null;
        foreach (var entry in deaths)
        {
            if (entry is not IDictionary<string, object?> death || Text(death, "queue") is not { } queue || Text(death, "reason") is not { } reason)
            {
                continue;
            }

            latest ??= new BrokerDeath(reason, queue) { Details = death };
            modelQueue ??= BrokerNames.TryParseQueue(queue, out _, out _) ? queue : null;
        }

        return latest is null ? null : latest with { ModelQueue = modelQueue };
    }

    /// <summary>A text of AMQP, which client libraries give as bytes.</summary>
    private static string? Text(IDictionary<string, object?> table, string key) => table.TryGetValue(key, out var value)
        ? value switch { byte[] bytes => Encoding.UTF8.GetString(bytes), string text => text, _ => null }
        : null;
}
