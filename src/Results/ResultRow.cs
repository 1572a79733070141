using Millrace.Contracts;

namespace Millrace.Results;

/// <summary>How a job ended: the one row that the store keeps of it.</summary>
public sealed record ResultRow
{
    /// <summary>The key.</summary>
    public required Guid JobId { get; init; }

    /// <summary>The model that was asked, served or not.</summary>
    public required string ModelName { get; init; }

    /// <summary>The version that ran, or that was asked for; null where neither is known.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>How the job ended.</summary>
    public required JobStatus Status { get; init; }

    /// <summary>The lane that the job came by.</summary>
    public required Lane Lane { get; init; }

    /// <summary>One of <see cref="ErrorCode"/>; null for success.</summary>
    public string? Code { get; init; }

    /// <summary>The error's text; null for success.</summary>
    public string? Error { get; init; }

    /// <summary>Rows of the job's input; 0 where it could not be told.</summary>
    public required int RowCount { get; init; }

    /// <summary>The outputs; none unless the job succeeded.</summary>
    public IReadOnlyList<Tensor> Outputs { get; init; } = [];

    /// <summary>
    /// The rows without an answer of a job that asked with <see cref="JobParameters.Partial"/>, in their order: the outputs are those of the other
    /// rows. Empty for every other job.
    /// </summary>
    public IReadOnlyList<RowError> RowErrors { get; init; } = [];

    /// <summary>The bulk scoring run that the job is part of.</summary>
    public Guid? RunId { get; init; }

    /// <summary>Number of the job's first row in the run's file, from 0.</summary>
    public long? RunRow { get; init; }

    /// <summary>16 bytes that tell the job's content: another content under the same id is a conflict.</summary>
    public required ReadOnlyMemory<byte> PayloadHash { get; init; }

    /// <summary>AMQP <c>correlation_id</c> of the first delivery.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>AMQP <c>reply_to</c> of the first delivery.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>Rows of the batch that the job's last rows ran in; null where none ran.</summary>
    public int? BatchRows { get; init; }

    /// <summary>The worker that committed the row.</summary>
    public required string Worker { get; init; }

    /// <summary>When the worker took the job in (UTC).</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>When the row was committed (UTC), by the store's clock; null on a row that is not yet.</summary>
    public DateTimeOffset? CommittedAt { get; init; }

    /// <summary>When the reply was found to be undeliverable (UTC); null where it was not.</summary>
    public DateTimeOffset? UndeliverableAt { get; init; }

    /// <summary>One of <see cref="Results.UndeliverableReason"/>; null where the reply was not found to be undeliverable.</summary>
    public string? UndeliverableReason { get; init; }
}
