namespace Millrace.Worker.Resilience;

/// <summary>
/// Whose fault it is that a run failed. The caller's is none of these: a job that the model cannot take is rejected before it runs, and
/// never tried again.
/// </summary>
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
}
