using Millrace.LocalServices;
using Millrace.Results;
using Npgsql;

namespace Millrace.Bench;

/// <summary>A private broker, a private database and a worker process that uses them.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly LocalRabbitMq _broker;
    private readonly LocalPostgres _database;

    private Site(BenchOptions options, LocalRabbitMq broker, LocalPostgres database, LocalWorker worker)
    {
        Options = options;
        _broker = broker;
        _database = database;
        Worker = worker;
    }

    public BenchOptions Options { get; }

    public Uri Broker => _broker.Uri;

    public LocalWorker Worker { get; }

    /// <summary>CPU seconds of each process so far.</summary>
    public ProcessorSeconds ProcessorTime => new(
        Worker.ProcessorTime.TotalSeconds,
        _broker.ProcessorTime.TotalSeconds,
        _database.ProcessorTime.TotalSeconds,
        Environment.CpuUsage.TotalTime.TotalSeconds);

    public static async Task<Site> StartAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var broker = await LocalRabbitMq.StartAsync(new LocalRabbitMqOptions(), cancellationToken);
        var database = await LocalPostgres.StartAsync(new LocalPostgresOptions(), cancellationToken);
        await using (var store = ResultStores.OpenPostgres(database.ConnectionString))
        {
            await store.MigrateAsync(cancellationToken);
        }

        var login = await database.MakeWorkerLoginAsync("bench_worker", cancellationToken);
        var worker = LocalWorker.Start(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["Broker__Uri"] = broker.Uri.ToString(),
                ["Store__ConnectionString"] = login,
                ["Models__Directory"] = Path.Combine(FindRoot(), "models"),
            },
            Console.Error.WriteLine);
        await worker.Ready.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
        return new Site(options, broker, database, worker);
    }

    /// <summary>Rows in the store, and the mean rows of the batches that they ran in, of those committed at or after a time.</summary>
    public async Task<(long Rows, double MeanBatch)> ReadRowsAsync(DateTime since, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString);
        // Each job of a batch says the batch's rows: the mean over batches is jobs / batches, the harmonic mean over jobs.
        await using var command = source.CreateCommand(
            "SELECT count(*), coalesce(count(*) / nullif(sum(1.0 / batch_rows), 0), 0)::float8 FROM millrace.results WHERE committed_at >= $1");
        command.Parameters.AddWithValue(since);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetDouble(1));
    }

    public async Task<DateTime> NowAsync(CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString);
        await using var command = source.CreateCommand("SELECT now()");
        return (DateTime)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async ValueTask DisposeAsync()
    {
        await Worker.DisposeAsync();
        await _database.DisposeAsync();
        await _broker.DisposeAsync();
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Worker.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Worker.sln is above none of the program's folders.");
        }

        return folder;
    }
}
