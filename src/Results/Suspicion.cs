namespace Millrace.Results;

/// <summary>What is noted of a job that was in a run whose end nobody saw: the process may have died of it.</summary>
/// <param name="GroupSize">Jobs in the last such run.</param>
/// <param name="RunsAlone">How many such runs had this job alone.</param>
public readonly record struct Suspicion(int GroupSize, int RunsAlone);
