namespace Millrace.Producer.Tests.Cli;

/// <summary>What a command left behind.</summary>
internal sealed record CliOutcome(int ExitCode, string Out, string Error);
