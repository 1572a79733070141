using System.Diagnostics;

namespace Millrace.LocalServices;

/// <summary>
/// A child that asks for a death signal. Linux sends it when the thread that started the child ends, not when the process does
/// (prctl(2), PR_SET_PDEATHSIG). A thread of the pool may end at any time; the one here lives as long as the child.
/// </summary>
internal sealed class ChildProcess
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(ProcessStartInfo info)
    {
        new Thread(() => Run(info)) { IsBackground = true, Name = $"Parent of {info.FileName}" }.Start();
        _started.Task.GetAwaiter().GetResult();
    }

    public int Id { get; private set; }

    /// <summary>Its standard output, where that was redirected. May be read also once it has ended.</summary>
    public StreamReader Output { get; private set; } = StreamReader.Null;

    /// <summary>Its standard error, likewise.</summary>
    public StreamReader Error { get; private set; } = StreamReader.Null;

    /// <summary>Ends with the process, as its exit code.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>Starts a process; returns once it runs.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static ChildProcess Start(ProcessStartInfo info) => new(info);

    /// <summary>Sends a signal; nothing happens where the process has ended.</summary>
    public void Send(int signal)
    {
        if (!Exited.IsCompleted)
        {
            Signals.Send(Id, signal);
        }
    }

    private void Run(ProcessStartInfo info)
    {
        Process process;
        try
        {
            process = Process.Start(info)!;
        }
        catch (Exception e)
        {
            _started.SetException(e);
            return;
        }

        using (process)
        {
            Id = process.Id;
            Output = info.RedirectStandardOutput ? process.StandardOutput : Output;
            Error = info.RedirectStandardError ? process.StandardError : Error;
            _started.SetResult();
            process.WaitForExit();
            _exited.SetResult(process.ExitCode);
        }
    }
}
