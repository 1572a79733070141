namespace Millrace.Faults;

/// <summary>A scenario failed; the message says how to see and repeat it.</summary>
internal sealed class TrialFailedException(string message, Exception cause) : Exception(message + Environment.NewLine + cause.Message, cause);
