namespace Millrace.Bench.Floor;

/// <summary>What a reply needs of its job.</summary>
internal readonly record struct Job(Guid Id, int Rows, bool IsBinary, string ReplyTo, string? CorrelationId);
