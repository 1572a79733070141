using System.Diagnostics;
using System.Globalization;
using Millrace.Bench.Load;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Results;
using Millrace.Worker.Embedded;

namespace Millrace.Bench.Embedded;

/// <summary>
/// A workload through an embedded worker: MassTransit's in-memory transport, the worker's own intake, batcher, sessions, commits and replies,
/// SQLite in a folder that is removed.
/// </summary>
internal sealed class EmbeddedRun : IAsyncDisposable
{
    private readonly EmbeddedWorkload _workload;
    private readonly Tensor[] _inputs;
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-embedded-").FullName;
    private readonly IResultStore _store;
    private EmbeddedWorker? _worker;
    private Measure? _measure;

    private EmbeddedRun(EmbeddedWorkload workload)
    {
        _workload = workload;
        _inputs = workload.MakeInputs();
        _store = ResultStores.OpenSqlite(Path.Combine(_folder, "results.db"));
        Outputs = new IReadOnlyList<Tensor>?[_inputs.Length];
    }

    /// <summary>What the model gave, by the number of the input; null where none was run.</summary>
    public IReadOnlyList<Tensor>?[] Outputs { get; }

    /// <param name="workload">What it runs.</param>
    /// <param name="provider">The execution provider; no other is taken in its place.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="Millrace.Worker.Inference.ModelConfigurationException">The provider cannot be used; says why.</exception>
    public static async Task<EmbeddedRun> StartAsync(EmbeddedWorkload workload, string provider, CancellationToken cancellationToken)
    {
        var run = new EmbeddedRun(workload);
        try
        {
            await run._store.MigrateAsync(cancellationToken);
            // As an operator would say it: the embedded worker reads the same settings from the environment.
            Environment.SetEnvironmentVariable("Models__ExecutionProviders", provider);
            run._worker = await EmbeddedWorker.StartAsync(
                new EmbeddedWorkerOptions
                {
                    ModelsDirectory = Repository.ModelsOf(workload.Model),
                    ModelNames = [workload.Model],
                    Store = run._store,
                    OnReply = run.TakeAsync,
                    Prefetch = workload.InFlight,
                },
                cancellationToken);
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends jobs, so many on their way at once, and waits for their replies.</summary>
    /// <exception cref="BenchException">A job did not succeed.</exception>
    public async Task<(Percentiles Latencies, double Seconds)> MeasureAsync(int jobs, CancellationToken cancellationToken)
    {
        using var window = new SemaphoreSlim(_workload.InFlight);
        var book = new ReplyBook(jobs, TimeProvider.System);
        var measure = new Measure(book, window);
        _measure = measure;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < jobs; i++)
        {
            await window.WaitAsync(cancellationToken);
            var body = OipFormat.WriteBinaryJob(
                new PredictionJob { Id = Guid.CreateVersion7(), ModelName = _workload.Model, Inputs = [_inputs[i % _inputs.Length]] });
            book.Begin(i, Stopwatch.GetTimestamp());
            await _worker!.SendAsync(_workload.Model, Lane.Interactive, i.ToString(CultureInfo.InvariantCulture), body, cancellationToken);
        }

        await book.Complete.WaitAsync(cancellationToken);
        return (measure.Fault is { } fault ? throw fault : book.Close(), Stopwatch.GetElapsedTime(start, book.LastAt).TotalSeconds);
    }

    /// <summary>Rows of a batch, on average over all jobs.</summary>
    public async Task<double> ReadMeanBatchAsync(CancellationToken cancellationToken)
    {
        long rows = 0;
        long jobs = 0;
        await foreach (var row in _store.QueryAsync(new ResultQuery { Limit = _workload.Jobs }, cancellationToken))
        {
            rows += row.BatchRows ?? 0;
            jobs++;
        }

        return (double)rows / jobs;
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null)
        {
            await _worker.DisposeAsync();
        }

        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private ValueTask TakeAsync(EmbeddedReply reply)
    {
        var job = int.Parse(reply.CorrelationId!, CultureInfo.InvariantCulture);
        var result = OipFormat.ReadBinaryResult(reply.Body.Bytes, reply.Body.HeaderLength ?? 0);
        var isSuccess = result.Status == JobStatus.Succeeded;
        if (!isSuccess)
        {
            _measure!.Fault ??= new BenchException($"{_workload.Title}: a job ended as {result.Code}: {result.Error}");
        }

        Outputs[job % _inputs.Length] ??= result.Outputs;
        _measure!.Window.Release();
        _measure.Book.Reply(job, isSuccess);
        return ValueTask.CompletedTask;
    }

    private sealed record Measure(ReplyBook Book, SemaphoreSlim Window)
    {
        /// <summary>Why the first job that did not succeed did not.</summary>
        public BenchException? Fault { get; set; }
    }
}
