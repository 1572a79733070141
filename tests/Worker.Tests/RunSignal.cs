namespace Millrace.Worker.Tests;

/// <summary>The system's time, which tells when a run reads it: at its start, for its limit.</summary>
internal sealed class RunSignal : TimeProvider
{
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends once a run is about to begin.</summary>
    public Task Begun => _read.Task;

    public override long GetTimestamp()
    {
        _read.TrySetResult();
        return base.GetTimestamp();
    }
}
