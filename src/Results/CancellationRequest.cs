namespace Millrace.Results;

/// <summary>A recorded request to cancel a job.</summary>
/// <param name="JobId">The job.</param>
/// <param name="RequestedBy">The login that asked, as the database knows it.</param>
public readonly record struct CancellationRequest(Guid JobId, string RequestedBy);
