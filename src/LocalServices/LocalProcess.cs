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

    private readonly LocalProgram _program;
    private readonly ChildProcess _process;

    private LocalProcess(LocalProgram program)
    {
        _program = program;
        _process = ChildProcess.Start(StartInfo(program));
    }

    /// <summary>Ends with the process, as its exit code.</summary>
    public Task<int> Exited => _process.Exited;

    public int Id => _process.Id;

    public static LocalProcess Start(LocalProgram program) => new(program);

    /// <summary>Sends a signal and waits for the end; past the deadline the process is killed.</summary>
    public async Task StopAsync(int signal, TimeSpan deadline)
    {
        _process.Send(signal);
        try
        {
            await Exited.WaitAsync(deadline);
        }
        catch (TimeoutException)
        {
            _process.Send(Signals.Kill);
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

    private static ProcessStartInfo StartInfo(LocalProgram program)
    {
        var info = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", Launch, "sh", program.LogPath, program.DeathSignal },
            WorkingDirectory = Path.GetDirectoryName(program.LogPath),
        };
        foreach (var argument in program.User.LauncherArguments.Concat([program.Path]).Concat(program.Arguments))
        {
            info.ArgumentList.Add(argument);
        }

        program.SetEnvironment(info.Environment);
        return info;
    }
}
