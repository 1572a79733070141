namespace Millrace.Cli.Services;

/// <summary>A setting that does not come from the command line, such as an environment variable, is wrong. Exit code 78.</summary>
internal sealed class SettingException(string message, string? hint = null) : Exception(message)
{
    /// <summary>What to do about it, in one line.</summary>
    public string? Hint { get; } = hint;
}
