namespace Millrace.Scoring.Sinks;

/// <summary>A column that scoring adds.</summary>
/// <param name="Header">Its name in the file.</param>
/// <param name="Output">The output that it shows.</param>
/// <param name="Element">Which of the row's elements; null for all of them, as a JSON array.</param>
/// <param name="IsOfJob">Whether the output has no dimension that counts rows: all of it belongs to the job's one row.</param>
internal sealed record OutputColumn(string Header, string Output, int? Element, bool IsOfJob = false);
