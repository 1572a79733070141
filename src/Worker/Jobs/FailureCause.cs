namespace Millrace.Worker.Jobs;

/// <summary>Why a run failed, and so what may be done about it.</summary>
internal enum FailureCause
{
    /// <summary>The model's, or the worker's: tried a configured number of times.</summary>
    Ours,

    /// <summary>The device had too little memory for so many rows.</summary>
    OutOfMemory,

    /// <summary>The device is gone, or refuses all work until its session is opened anew.</summary>
    DeviceLost,

    /// <summary>The run took longer than the model's <c>run_timeout</c>.</summary>
    TimeLimit,

    /// <summary>
    /// The model's own check refuses what it was given, an index out of range say, or what it gave for it is no output: it would again,
    /// so there is no further attempt. What can be told from the signature alone is rejected before it runs.
    /// </summary>
    Refused,
}
