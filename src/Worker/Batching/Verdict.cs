namespace Millrace.Worker.Batching;

/// <summary>What a <see cref="Bisection"/> has found.</summary>
/// <param name="Culprit">What makes the set fail.</param>
/// <param name="FailedAlone">False: it was not run by itself. All that failed with it has run without it.</param>
/// <param name="Rest">What was not run, and is not known to be at fault; in the set's order.</param>
internal sealed record Verdict<T>(T Culprit, bool FailedAlone, IReadOnlyList<T> Rest);
