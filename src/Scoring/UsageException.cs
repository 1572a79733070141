namespace Millrace.Scoring;

/// <summary>What was asked for cannot be done as it was asked: a flag, a file, a column. Exit code 2.</summary>
internal sealed class UsageException(string message, string? hint = null) : Exception(message)
{
    /// <summary>What to do about it, in one line.</summary>
    public string? Hint { get; } = hint;
}
