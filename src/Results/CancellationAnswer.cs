using Millrace.Contracts;

namespace Millrace.Results;

/// <summary>What became of the request to cancel a job.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Status">How the job has ended; null where it has not, and the request is recorded.</param>
/// <param name="CommittedAt">When its row was committed (UTC); null where it has none.</param>
public sealed record CancellationAnswer(Guid JobId, JobStatus? Status, DateTimeOffset? CommittedAt);
