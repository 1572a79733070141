namespace Millrace.Faults;

/// <summary>How a job ended, as its row or a reply says.</summary>
/// <param name="Status">The status's wire name.</param>
/// <param name="Code">The error's code; null for success.</param>
/// <param name="Number">The model's output; null where there is none.</param>
internal readonly record struct Answer(string Status, string? Code, long? Number);
