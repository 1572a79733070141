namespace Millrace.Contracts;

/// <summary>The names that producers and workers share on the broker.</summary>
public static class BrokerNames
{
    /// <summary>The direct exchange that jobs are published to, with <see cref="RoutingKey"/>.</summary>
    public const string Exchange = "millrace";

    /// <summary>The queue (and fanout exchange) of what could not be read or delivered.</summary>
    public const string DeadLetters = "millrace.dead";

    /// <summary>
    /// The queue with a copy of each dead letter, which workers empty: a job among them gets its row and its reply.
    /// <see cref="DeadLetters"/> keeps the other copy for people.
    /// </summary>
    public const string DeadLetterRows = "millrace.dead.rows";

    /// <summary>AMQP header of a reply: the job's status.</summary>
    public const string StatusHeader = "millrace-status";

    /// <summary>AMQP header of a dead letter: the code and message of why it is there.</summary>
    public const string ReasonHeader = "millrace-reason";

    /// <summary>AMQP header of a dead letter: what it came with and AMQP could not carry further.</summary>
    public const string LeftOutHeader = "millrace-left-out";

    /// <summary>AMQP header of a dead letter: the queue that it came by.</summary>
    public const string QueueHeader = "millrace-queue";

    /// <summary>
    /// The direct exchange by which jobs come back from their wait (<see cref="Retry"/>), with the routing keys of <see cref="Exchange"/>.
    /// What no queue takes goes on to <see cref="DeadLetters"/>: it must not stand in the way of what waits behind it.
    /// </summary>
    public const string RetryReturn = Exchange + "." + RetryPrefix + "return";

    /// <summary>
    /// The queue that makes the probes of <see cref="RetryProbeKey"/> routable while no worker is there to see them. It keeps the last one for a
    /// while, so that none of them becomes a dead letter.
    /// </summary>
    public const string RetryProbes = Exchange + "." + RetryPrefix + "probes";

    /// <summary>Routing key of the probes that workers send through the queues of delayed retries; no model can be called that.</summary>
    public const string RetryProbeKey = RetryPrefix + "probe";

    /// <summary>AMQP header of a reply: what of the job's message could not be echoed, and why.</summary>
    public const string NoteHeader = "millrace-note";

    /// <summary>AMQP header of a job that waits for a worker with its model version: how long it has, in milliseconds.</summary>
    public const string WaitedHeader = "millrace-waited";

    /// <summary>
    /// AMQP header of a job that waits for a worker with its model version: <c>1</c> where it had been redelivered before. A worker may have died
    /// of it, and the broker itself forgets that when the job is published anew.
    /// </summary>
    public const string RedeliveredHeader = "millrace-redelivered";

    /// <summary>AMQP header of a job that is tried again: which attempt it is, from 2.</summary>
    public const string AttemptHeader = "millrace-attempt";

    /// <summary>AMQP header of a job that is tried again: the errors of the attempts before.</summary>
    public const string ErrorsHeader = "millrace-errors";

    private const string RetryPrefix = "retry.";
    private const string BulkSuffix = ".bulk";

    /// <summary>Routing key of a model's lane: the model's name, with <c>.bulk</c> behind it for the bulk lane.</summary>
    public static string RoutingKey(string modelName, Lane lane) => lane == Lane.Bulk ? modelName + BulkSuffix : modelName;

    /// <summary>Queue of a model's lane: <c>millrace.NAME</c> or <c>millrace.NAME.bulk</c>.</summary>
    public static string Queue(string modelName, Lane lane) => $"{Exchange}.{RoutingKey(modelName, lane)}";

    /// <summary>The model and the lane that a queue belongs to.</summary>
    /// <returns>False where it is no queue of a model.</returns>
    public static bool TryParseQueue(string queue, out string modelName, out Lane lane)
    {
        ArgumentNullException.ThrowIfNull(queue);
        var key = queue.StartsWith(Exchange + ".", StringComparison.Ordinal) ? queue[(Exchange.Length + 1)..] : "";
        lane = key.EndsWith(BulkSuffix, StringComparison.Ordinal) ? Lane.Bulk : Lane.Interactive;
        modelName = lane == Lane.Bulk ? key[..^BulkSuffix.Length] : key;
        return IsModelName(modelName);
    }

    /// <summary>
    /// The queue (and fanout exchange) where jobs wait for their next attempt: <c>millrace.retry.after.10s</c>, <c>millrace.retry.after.250ms</c>.
    /// They come back by <see cref="RetryReturn"/>. The queues of early versions, <c>millrace.retry.10s</c>, give back to <see cref="Exchange"/>.
    /// </summary>
    /// <param name="delay">How long, in whole milliseconds.</param>
    public static string Retry(TimeSpan delay) => delay.Ticks % TimeSpan.TicksPerSecond == 0
        ? $"{Exchange}.{RetryPrefix}after.{delay.Ticks / TimeSpan.TicksPerSecond}s"
        : $"{Exchange}.{RetryPrefix}after.{delay.Ticks / TimeSpan.TicksPerMillisecond}ms";

    /// <summary>Whether jobs wait for their next attempt in a queue of that name.</summary>
    public static bool IsRetryQueue(string queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return queue.StartsWith($"{Exchange}.{RetryPrefix}", StringComparison.Ordinal);
    }

    /// <summary>Whether a name belongs to Millrace: <c>millrace</c>, and all that begins with <c>millrace.</c>.</summary>
    public static bool IsReserved(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith(Exchange, StringComparison.Ordinal) && (name.Length == Exchange.Length || name[Exchange.Length] == '.');
    }

    /// <summary>
    /// Whether a model may have that name: 1 to 100 of <c>A-Z a-z 0-9 . _ -</c>, not <c>dead</c> or <c>dead.rows</c>, not beginning with
    /// <c>retry.</c> and not ending in <c>.bulk</c>, so that no two queues are one.
    /// </summary>
    public static bool IsModelName(string? name) =>
        name is { Length: > 0 and <= 100 }
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
        && !name.EndsWith(BulkSuffix, StringComparison.Ordinal)
        && name is not ("dead" or "dead.rows")
        && !name.StartsWith(RetryPrefix, StringComparison.Ordinal);
}
