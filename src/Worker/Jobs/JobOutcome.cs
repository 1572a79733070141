using Millrace.Contracts;

namespace Millrace.Worker.Jobs;

/// <summary>What became of a pending job.</summary>
internal sealed record JobOutcome
{
    public required JobStatus Status { get; init; }

    public string? Code { get; init; }

    public string? Error { get; init; }

    public IReadOnlyList<Tensor> Outputs { get; init; } = [];

    /// <summary>The bad rows of a job that wants its others answered.</summary>
    public IReadOnlyList<RowError> RowErrors { get; init; } = [];

    /// <summary>Rows of the batch that the job's last rows ran in.</summary>
    public int? BatchRows { get; init; }

    public static JobOutcome Cancelled { get; } = new()
    {
        Status = JobStatus.Cancelled,
        Code = ErrorCode.Cancelled,
        Error = "taken back by 'millrace cancel' before it ran",
    };

    /// <summary>Its deadline passed before a worker with its model version had it.</summary>
    public static JobOutcome LateForVersion(string error) => new()
    {
        Status = JobStatus.Expired,
        Code = ErrorCode.DeadlineExceeded,
        Error = $"parameters.deadline: passed while the job waited for a worker with its model version; {error}",
    };

    public static JobOutcome Rejected(string code, string error) => new() { Status = JobStatus.Rejected, Code = code, Error = error };

    public static JobOutcome Failed(string code, string error) => new() { Status = JobStatus.Failed, Code = code, Error = error };
}
