using Millrace.Results;

namespace Millrace.Worker.Resilience;

/// <summary>Which failures of the store are tried again. Pure.</summary>
internal static class StoreRetries
{
    /// <summary>
    /// How often in a row a commit is tried that fails for no reason that is known, before it is looked whether some of its rows are why: with
    /// <see cref="RetryPipelines"/>' delays some 10 s.
    /// </summary>
    public const int UnexplainedAttempts = 8;

    /// <summary>The same where a command waits that a person looks at, for that and for what only a person can mend: half a second.</summary>
    public const int AttemptsOfCommand = 4;

    /// <summary>Whether a failure is waited out, however long it takes: all that says nothing about a row.</summary>
    public static bool IsWaitedOut(StoreFaultKind kind, bool servesCommand) =>
        kind == StoreFaultKind.Passing || (!servesCommand && kind is (StoreFaultKind.NoRoom or StoreFaultKind.Setup));
}
