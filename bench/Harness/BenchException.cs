namespace Millrace.Bench;

/// <summary>A figure would not be worth anything: a contender lost work, repeated it or did not come up.</summary>
internal sealed class BenchException(string message) : Exception(message);
