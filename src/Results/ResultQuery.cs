using Millrace.Contracts;

namespace Millrace.Results;

/// <summary>Which rows are asked for; what is null does not narrow.</summary>
public sealed record ResultQuery
{
    /// <summary>The job.</summary>
    public Guid? JobId { get; init; }

    /// <summary>The model's name.</summary>
    public string? ModelName { get; init; }

    /// <summary>The status.</summary>
    public JobStatus? Status { get; init; }

    /// <summary>The bulk scoring run; its rows come in input order.</summary>
    public Guid? RunId { get; init; }

    /// <summary>Committed at this time or later (UTC).</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Committed before this time (UTC).</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>At most so many rows.</summary>
    /// <value>Default: 20.</value>
    public int Limit { get; init; } = 20;
}
