namespace Millrace.Faults;

/// <summary>A row, as the table has it.</summary>
internal readonly record struct StoredRow(Guid JobId, Answer Answer, bool IsUndeliverable);
