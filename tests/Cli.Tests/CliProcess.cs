using System.Collections.Concurrent;
using System.Diagnostics;
using Millrace.LocalServices;

namespace Millrace.Cli.Tests;

/// <summary>The program <c>millrace</c> as a process of its own.</summary>
internal sealed class CliProcess : IDisposable
{
    private readonly ChildProcess _process;
    private readonly Task _reading;
    private readonly Task<string> _output;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new(StringComparer.Ordinal);

    private CliProcess(ChildProcess process)
    {
        _process = process;
        _output = process.Output.ReadToEndAsync(CancellationToken.None);
        _reading = Task.WhenAll(ReadErrorAsync(), _output);
    }

    /// <summary>What it wrote to its standard output; empty until it has ended.</summary>
    public string Output { get; private set; } = "";

    /// <summary>What it wrote to its standard error so far.</summary>
    public string Error => string.Join('\n', _errors);

    /// <summary>Starts it.</summary>
    /// <param name="launcher">What runs it; empty for nothing.</param>
    /// <param name="environment">Over this process's.</param>
    /// <param name="arguments">The command.</param>
    public static CliProcess Start(IReadOnlyList<string> launcher, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        string[] command = [.. launcher, Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", Path.Combine(AppContext.BaseDirectory, "millrace.dll"), .. arguments];
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", .. command])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new CliProcess(ChildProcess.Start(start));
    }

    /// <summary>Waits until its standard error has such a line.</summary>
    public Task SaysAsync(string text)
    {
        var said = _awaited.GetOrAdd(text, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (Error.Contains(text, StringComparison.Ordinal))
        {
            said.TrySetResult();
        }

        return said.Task;
    }

    /// <summary>Sends it SIGTERM.</summary>
    public void Terminate() => _process.Send(Signals.Terminate);

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var exitCode = await _process.Exited.WaitAsync(patience, cancellationToken);
        await _reading.WaitAsync(patience, cancellationToken);
        Output = await _output;
        return exitCode;
    }

    public void Dispose() => _process.Send(Signals.Kill);

    private async Task ReadErrorAsync()
    {
        while (await _process.Error.ReadLineAsync(CancellationToken.None) is { } line)
        {
            Take(line);
        }
    }

    private void Take(string line)
    {
        _errors.Enqueue(line);
        foreach (var (text, said) in _awaited)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                said.TrySetResult();
            }
        }
    }
}
