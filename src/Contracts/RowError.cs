namespace Millrace.Contracts;

/// <summary>Why a job that asked with <see cref="JobParameters.Partial"/> has no answer for one of its rows.</summary>
/// <param name="Row">The row's number within the job, from 0.</param>
/// <param name="Code">One of <see cref="ErrorCode"/>.</param>
/// <param name="Error">
/// What was wrong, for people: at most 200 characters, and 64 KiB for all rows of a job together. Past that it is <c>…</c>, and the code alone tells.
/// </param>
public sealed record RowError(int Row, string Code, string Error);
