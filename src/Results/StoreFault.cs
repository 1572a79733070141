namespace Millrace.Results;

/// <summary>What a failed call to a store says.</summary>
/// <param name="Kind">About what.</param>
/// <param name="Reason">The same in words, on one line, and what to do; no secret and nothing of a row's data.</param>
public sealed record StoreFault(StoreFaultKind Kind, string Reason);
