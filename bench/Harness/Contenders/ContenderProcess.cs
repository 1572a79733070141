using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Millrace.Bench.Workloads;
using Millrace.LocalServices;
using Millrace.TestKit;

namespace Millrace.Bench.Contenders;

/// <summary>One process of a contender. It ends when this one does, in whatever way.</summary>
internal sealed class ContenderProcess : IAsyncDisposable
{
    private const int TailLines = 20;

    private static readonly TimeSpan s_readyTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(35);

    private readonly Contender _contender;
    private readonly ChildProcess _process;
    private readonly string? _gauge;
    private readonly ConcurrentQueue<string> _tail = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ContenderProcess(Contender contender, ProcessStartInfo start, string? gauge)
    {
        _contender = contender;
        _gauge = gauge;
        _process = ChildProcess.Start(start);
        Exited = WaitAsync();
    }

    /// <summary>Ends with the process and its output, as its exit code.</summary>
    public Task<int> Exited { get; }

    public TimeSpan ProcessorTime => ProcessTree.ProcessorTime(_process.Id);

    public long ResidentBytes => ProcessTree.ResidentBytes(_process.Id);

    /// <summary>Starts it and waits until it consumes.</summary>
    /// <exception cref="BenchException">It ended before, or did not come up in time.</exception>
    public static async Task<ContenderProcess> StartAsync(Contender contender, Site site, ServedModels models, CancellationToken cancellationToken)
    {
        var command = contender.Command(site, models);
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", command.FileName, .. command.ArgumentList])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        string? gauge = null;
        if (contender.IsManaged)
        {
            gauge = Path.Combine(Path.GetTempPath(), $"bench-{Guid.NewGuid():N}.sock");
            start.Environment["BENCH_GAUGE"] = gauge;
            start.Environment["DOTNET_STARTUP_HOOKS"] = Path.Combine(AppContext.BaseDirectory, "Millrace.Bench.Gauge.dll");
        }

        var process = new ContenderProcess(contender, start, gauge);
        try
        {
            await process._ready.Task.WaitAsync(s_readyTimeout, cancellationToken);
            return process;
        }
        catch (Exception fault)
        {
            process._process.Send(Signals.Kill);
            await process.Exited;
            throw fault is TimeoutException ? new BenchException($"{contender.Title} was not ready in time. {process.Tail()}") : fault;
        }
    }

    /// <summary>Holds it where it is (SIGSTOP): its connections stay, and it consumes nothing.</summary>
    public void Pause() => _process.Send(Signals.Stop);

    /// <summary>Lets it go on.</summary>
    public void Resume() => _process.Send(Signals.Continue);

    /// <summary>What .NET says of it; null where it runs on something else.</summary>
    public async Task<Managed?> ReadManagedAsync(CancellationToken cancellationToken)
    {
        if (_gauge is null)
        {
            return null;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_gauge), cancellationToken);
        await using var stream = new NetworkStream(socket);
        var answer = new byte[2 * sizeof(long)];
        await stream.ReadExactlyAsync(answer, cancellationToken);
        return new Managed(
            BinaryPrimitives.ReadInt64LittleEndian(answer), new TimeSpan(BinaryPrimitives.ReadInt64LittleEndian(answer.AsSpan(sizeof(long)))));
    }

    /// <summary>Fails where it has ended by itself.</summary>
    public void EnsureRuns()
    {
        if (Exited.IsCompleted)
        {
            throw new BenchException($"{_contender.Title} has ended in its turn. {Tail()}");
        }
    }

    /// <summary>Stops it in order, and past its grace period at once.</summary>
    public async ValueTask DisposeAsync()
    {
        Resume();
        _process.Send(Signals.Terminate);
        try
        {
            await Exited.WaitAsync(s_stopTimeout);
        }
        catch (TimeoutException)
        {
            _process.Send(Signals.Kill);
            await Exited;
        }

        if (_gauge is not null)
        {
            File.Delete(_gauge);
        }
    }

    private string Tail() => $"It wrote last:{Environment.NewLine}{string.Join(Environment.NewLine, _tail)}";

    private async Task<int> WaitAsync()
    {
        await Task.WhenAll(ReadAsync(_process.Output), ReadAsync(_process.Error));
        var code = await _process.Exited;
        _ready.TrySetException(new BenchException($"{_contender.Title} ended with exit code {code} before it was ready. {Tail()}"));
        return code;
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _tail.Enqueue(line);
            if (_tail.Count > TailLines)
            {
                _tail.TryDequeue(out _);
            }

            if (_contender.IsReady(line))
            {
                _ready.TrySetResult();
            }
        }
    }
}
