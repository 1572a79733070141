using System.Collections.Concurrent;
using System.Diagnostics;

namespace Millrace.LocalServices;

/// <summary>
/// The worker as a process of its own: <c>Millrace.Worker.dll</c> beside the running program. The end of its output is kept, and every
/// line handed on where someone listens.
/// </summary>
public sealed class LocalWorker : IAsyncDisposable
{
    // A worker may write for hours.
    private const int MaxLines = 10_000;

    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(35);

    private readonly ChildProcess _process;
    private readonly Action<string>? _listener;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LocalWorker(ChildProcess process, Action<string>? listener)
    {
        _process = process;
        _listener = listener;
        Exited = WaitAsync();
    }

    /// <summary>The process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Ends when the worker consumes jobs; fails where it ends before.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Ends with the process and its output, as its exit code.</summary>
    public Task<int> Exited { get; }

    /// <summary>The last 10,000 lines that it wrote to its standard output so far.</summary>
    public IReadOnlyCollection<string> OutputLines => _output;

    /// <summary>The last 10,000 lines that it wrote to its standard error so far.</summary>
    public IReadOnlyCollection<string> ErrorLines => _errors;

    /// <summary>Starts a worker.</summary>
    /// <param name="settings">Environment variables of its configuration, such as <c>Broker__Uri</c>.</param>
    /// <param name="listener">Gets each line of its output.</param>
    /// <param name="assembly">The program's file, beside the running one.</param>
    /// <exception cref="LocalServiceException">The worker's program is not beside the running one.</exception>
    public static LocalWorker Start(
        IReadOnlyDictionary<string, string> settings, Action<string>? listener = null, string assembly = "Millrace.Worker.dll")
    {
        ArgumentNullException.ThrowIfNull(settings);
        var program = Path.Combine(AppContext.BaseDirectory, assembly);
        if (!File.Exists(program))
        {
            throw new LocalServiceException($"The worker is not there: expected {program}. Build the solution.");
        }

        Programs.RequireLauncher();
        // The muxer that runs this very program; 'dotnet' of the path where that is not known.
        var muxer = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", muxer, program])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in settings)
        {
            start.Environment[key] = value;
        }

        return new LocalWorker(ChildProcess.Start(start), listener);
    }

    /// <summary>Stops it in order, and past its grace period at once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Exited.IsCompleted)
        {
            Send(Signals.Terminate);
            try
            {
                await Exited.WaitAsync(s_stopTimeout);
            }
            catch (TimeoutException)
            {
                Send(Signals.Kill);
                await Exited;
            }
        }
    }

    internal void Send(int signal) => _process.Send(signal);

    private async Task<int> WaitAsync()
    {
        await Task.WhenAll(ReadAsync(_process.Output, _output), ReadAsync(_process.Error, _errors));
        var exitCode = await _process.Exited;
        _ready.TrySetException(new LocalServiceException(
            $"The worker ended with exit code {exitCode} before it was ready: {string.Join(Environment.NewLine, _errors.Concat(_output).TakeLast(12))}"));
        return exitCode;
    }

    private async Task ReadAsync(StreamReader reader, ConcurrentQueue<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lines.Enqueue(line);
            if (lines.Count > MaxLines)
            {
                lines.TryDequeue(out _);
            }

            _listener?.Invoke(line);
            if (line.Contains("Ready:", StringComparison.Ordinal))
            {
                _ready.TrySetResult();
            }
        }
    }
}
