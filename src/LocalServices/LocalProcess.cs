using System.Diagnostics;

namespace Millrace.LocalServices;

/// <summary>
/// A server's process. It has a session of its own, so that Ctrl-C in a terminal reaches only us and we stop it in order, and a death
/// signal, so that it ends with us even where we are killed.
/// </summary>
internal sealed class LocalProcess
{
    private const int TailLines = 12;

    // The shell opens the log, so the server writes it by itself and needs nobody that reads a pipe.
    private const string Launch = "log=$1; shift; exec setsid setpriv --pdeathsig \"$@\" >>\"$log\" 2>&1 </dev/null";

    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LocalProgram _program;

    private LocalProcess(LocalProgram program) => _program = program;

    /// <summary>Ends with the process, as its exit code.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>CPU time of the process and all below it.</summary>
    public TimeSpan ProcessorTime => ProcessTree.ProcessorTime(_started.Task.Result);

    public static async Task<LocalProcess> StartAsync(LocalProgram program)
    {
        var process = new LocalProcess(program);
        // Linux sends the death signal when the thread that started the child ends, not when the process does. A thread of the pool
        // may end at any time; this one lives as long as the child.
        var thread = new Thread(process.Watch) { IsBackground = true, Name = $"Watches {program.Name}" };
        thread.Start();
        await process._started.Task;
        return process;
    }

    /// <summary>Sends a signal and waits for the end; past the deadline the process is killed.</summary>
    public async Task StopAsync(int signal, TimeSpan deadline)
    {
        Send(signal);
        try
        {
            await Exited.WaitAsync(deadline);
        }
        catch (TimeoutException)
        {
            Send(Signals.Kill);
            await Exited;
        }
    }

    /// <summary>The last lines that the process wrote, for a message to a person.</summary>
    public string LogTail()
    {
        try
        {
            var lines = File.ReadAllLines(_program.LogPath).Where(line => !string.IsNullOrWhiteSpace(line)).TakeLast(TailLines);
            return $"{_program.LogPath} ends with:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}";
        }
        catch (IOException)
        {
            return $"{_program.LogPath} cannot be read";
        }
    }

    private void Send(int signal)
    {
        if (!Exited.IsCompleted)
        {
            Signals.Send(_started.Task.Result, signal);
        }
    }

    private void Watch()
    {
        try
        {
            using var process = Process.Start(StartInfo())!;
            _started.SetResult(process.Id);
            process.WaitForExit();
            _exited.SetResult(process.ExitCode);
        }
        catch (Exception e)
        {
            _started.TrySetException(e);
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var info = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", Launch, "sh", _program.LogPath, _program.DeathSignal },
            WorkingDirectory = Path.GetDirectoryName(_program.LogPath),
        };
        foreach (var argument in _program.User.LauncherArguments.Concat([_program.Path]).Concat(_program.Arguments))
        {
            info.ArgumentList.Add(argument);
        }

        _program.SetEnvironment(info.Environment);
        return info;
    }
}
