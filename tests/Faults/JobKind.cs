namespace Millrace.Faults;

/// <summary>What a job's run does.</summary>
internal enum JobKind
{
    /// <summary>It gives an answer.</summary>
    Harmless,

    /// <summary>It throws, for its whole batch.</summary>
    Throwing,

    /// <summary>It ends the process.</summary>
    Killing,
}
