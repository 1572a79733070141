using Millrace.Contracts.Wire;
using RabbitMQ.Client;

namespace Millrace.Producer.DeadLetters;

/// <summary>A message of <c>millrace.dead</c>, which is out of the queue until it is settled or its connection ends.</summary>
internal sealed record DeadLetter
{
    /// <summary>What the channel calls it.</summary>
    public required ulong DeliveryTag { get; init; }

    /// <summary>RabbitMQ's reason (<c>delivery_limit</c>, <c>expired</c>, <c>rejected</c>), or the code of the worker that could not read it.</summary>
    public required string Reason { get; init; }

    /// <summary>What the worker said beside its code; null where it was the broker.</summary>
    public string? Explanation { get; init; }

    /// <summary>The queue that it was taken from; null where nothing says so.</summary>
    public string? Queue { get; init; }

    /// <summary>The model that the queue is of; null where it is of none.</summary>
    public string? ModelName { get; init; }

    /// <summary>Where it has to go to come by that queue again.</summary>
    public required string RoutingKey { get; init; }

    /// <summary>When it died (UTC), to the second; null where nothing says so.</summary>
    public DateTimeOffset? DiedAt { get; init; }

    /// <summary>The id that the job's row has, or would have.</summary>
    public required Guid JobId { get; init; }

    /// <summary>
    /// Whether workers give this job a row: the broker gave it up, and its id can be read, by a worker with the widest limits. What a worker
    /// sent here has none, since no job can be read of it.
    /// </summary>
    public required bool HasRow { get; init; }

    /// <summary>AMQP's properties, as they came.</summary>
    public required IReadOnlyBasicProperties Properties { get; init; }

    /// <summary>The body, as it came.</summary>
    public required WireBody Body { get; init; }

    /// <summary>AMQP's headers; empty where there are none.</summary>
    public IDictionary<string, object?> Headers => Properties.Headers ?? new Dictionary<string, object?>(StringComparer.Ordinal);
}
