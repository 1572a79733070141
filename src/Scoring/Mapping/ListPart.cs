namespace Millrace.Scoring.Mapping;

/// <summary>One part of a list that a person wrote: what stands between two commas.</summary>
/// <param name="Text">The name; where it is not quoted, maybe a range.</param>
/// <param name="IsQuoted">Whether it was in quotes, and so is a name whatever it looks like.</param>
/// <param name="Last">The other end of a range that has quotes; null where there are none to tell a range by.</param>
internal sealed record ListPart(string Text, bool IsQuoted, string? Last = null);
