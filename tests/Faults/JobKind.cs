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

    /// <summary>There is none: its deadline has passed by the clock of the worker that takes it in.</summary>
    Late,
}
