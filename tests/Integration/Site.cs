using Millrace.LocalServices;
using Millrace.Results;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.Integration.Tests;

/// <summary>A virtual host and a migrated database of one test's own, and the workers that it starts on them.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly TestVirtualHost _host;
    private readonly TestDatabase _database;
    private readonly List<LocalWorker> _workers = [];

    private Site(TestVirtualHost host, TestDatabase database, string workerLogin)
    {
        _host = host;
        _database = database;
        WorkerLogin = workerLogin;
        Source = NpgsqlDataSource.Create(database.ConnectionString);
    }

    public Uri Broker => _host.Uri;

    /// <summary>How a worker, with its rights alone, reaches the database.</summary>
    public string WorkerLogin { get; }

    /// <summary>How the database's owner reaches it.</summary>
    public string OwnerLogin => _database.ConnectionString;

    public NpgsqlDataSource Source { get; }

    public TestVirtualHost Host => _host;

    public static async Task<Site> CreateAsync(TestRabbitMq rabbitMq, TestPostgres postgres, CancellationToken cancellationToken)
    {
        var host = await rabbitMq.CreateVirtualHostAsync(cancellationToken);
        var database = await postgres.CreateDatabaseAsync(cancellationToken);
        await using (var store = ResultStores.OpenPostgres(database.ConnectionString))
        {
            await store.MigrateAsync(cancellationToken);
        }

        return new Site(host, database, await database.CreateLoginAsync("", ["millrace_worker"], cancellationToken));
    }

    /// <summary>Starts a worker and waits until it consumes.</summary>
    public Task<LocalWorker> StartWorkerAsync(CancellationToken cancellationToken, params (string Key, string Value)[] settings) =>
        StartWorkerAsync("Millrace.Worker.dll", cancellationToken, settings);

    /// <summary>Starts a worker of this program and waits until it consumes.</summary>
    public async Task<LocalWorker> StartWorkerAsync(string program, CancellationToken cancellationToken, params (string Key, string Value)[] settings)
    {
        var worker = LocalWorker.Start(Settings(settings), assembly: program);
        _workers.Add(worker);
        await worker.Ready.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
        return worker;
    }

    public Dictionary<string, string> Settings(params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Broker__Uri"] = Broker.ToString(),
            ["Store__ConnectionString"] = WorkerLogin,
            ["Models__Directory"] = Repository.Folder("models"),
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return all;
    }

    public async Task<T?> QueryAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        var value = await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        return value is null or DBNull ? default : (T)value;
    }

    /// <summary>Runs a statement as a login that has no role of ours.</summary>
    public async Task ExecuteAsStrangerAsync(string sql, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(await _database.CreateLoginAsync("", [], cancellationToken));
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 120;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
        }

        await Source.DisposeAsync();
        await _database.DisposeAsync();
        await _host.DisposeAsync();
    }
}
