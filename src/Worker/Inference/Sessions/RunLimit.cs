using Microsoft.ML.OnnxRuntime;

namespace Millrace.Worker.Inference.Sessions;

/// <summary>
/// Stops a run that takes longer than it may, or that the worker's end cannot wait for, by <see cref="RunOptions.Terminate"/>: ONNX
/// Runtime looks at it between the nodes of the graph. For one run at a time.
/// </summary>
internal sealed class RunLimit : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private long _start;
    private bool _isRunning;
    private bool _isArmed;
    private bool _hasStopped;
    private bool _isTerminated;
    private bool _isDisposed;

    public RunLimit(TimeSpan limit, TimeProvider time)
    {
        _limit = limit;
        _time = time;
        _timer = time.CreateTimer(_ => Stop(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What the run takes.</summary>
    public RunOptions Options { get; } = new();

    /// <exception cref="RunStoppedException">There are to be no runs any more.</exception>
    public void Start()
    {
        lock (_gate)
        {
            if (_isTerminated)
            {
                throw new RunStoppedException();
            }

            _start = _time.GetTimestamp();
            _isRunning = true;
            if (!_isArmed)
            {
                Arm(_limit);
            }
        }
    }

    /// <summary>Says that the run has ended, well or not.</summary>
    /// <returns>Whether it was stopped.</returns>
    public bool End()
    {
        lock (_gate)
        {
            _isRunning = false;
            if (_isTerminated || !_hasStopped)
            {
                return _isTerminated;
            }

            _hasStopped = false;
            Options.Terminate = false;
            return true;
        }
    }

    /// <summary>Stops the run that goes on, and every later one. From any thread, at any time.</summary>
    public void Terminate()
    {
        lock (_gate)
        {
            _isTerminated = true;
            if (!_isDisposed)
            {
                Options.Terminate = true;
            }
        }
    }

    /// <summary>What a run that was stopped has failed with.</summary>
    public Exception ToException(Exception fault)
    {
        lock (_gate)
        {
            return _isTerminated ? new RunStoppedException(fault) : new RunTimeoutException(_limit, fault);
        }
    }

    /// <summary>Not while a run goes on: it reads the options.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _timer.Dispose();
        Options.Dispose();
    }

    private void Stop()
    {
        lock (_gate)
        {
            _isArmed = false;
            if (!_isRunning)
            {
                return;
            }

            // The timer is armed once and not for each run, which may take less than arming it does: this may be a later run.
            var left = _limit - _time.GetElapsedTime(_start);
            if (left > TimeSpan.Zero)
            {
                Arm(left);
                return;
            }

            _hasStopped = true;
            Options.Terminate = true;
        }
    }

    private void Arm(TimeSpan left)
    {
        _isArmed = true;
        _timer.Change(left, Timeout.InfiniteTimeSpan);
    }
}
