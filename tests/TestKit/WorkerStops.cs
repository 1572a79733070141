using Millrace.LocalServices;

namespace Millrace.TestKit;

/// <summary>What only tests and benchmarks do to a worker's process: end it in one way or another, and watch it.</summary>
public static class WorkerStops
{
    /// <summary>Tells it to stop in order (SIGTERM).</summary>
    public static void Terminate(this LocalWorker worker) => worker.Send(Signals.Terminate);

    /// <summary>Ends it at once (SIGKILL).</summary>
    public static void Kill(this LocalWorker worker) => worker.Send(Signals.Kill);

    /// <summary>CPU time so far.</summary>
    public static TimeSpan ProcessorTime(this LocalWorker worker) => ProcessTree.ProcessorTime(worker.ProcessId);

    /// <summary>Resident memory.</summary>
    public static long ResidentBytes(this LocalWorker worker) => ProcessTree.ResidentBytes(worker.ProcessId);
}
