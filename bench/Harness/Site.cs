using Millrace.Bench.Contenders;
using Millrace.Bench.Workloads;
using Millrace.Contracts;
using Millrace.LocalServices;
using Millrace.Results;
using Millrace.TestKit;
using Millrace.Worker.Broker;
using Npgsql;
using RabbitMQ.Client;

namespace Millrace.Bench;

/// <summary>The private broker and the private database server that every contender uses in its turn.</summary>
internal sealed class Site : IAsyncDisposable
{
    private const string WorkerLogin = "bench_worker";

    private readonly LocalRabbitMq _broker;
    private readonly LocalPostgres _server;
    private readonly IConnection _connection;
    private readonly Dictionary<string, NpgsqlDataSource> _owners = [];
    private readonly string _login;

    private Site(LocalRabbitMq broker, LocalPostgres server, IConnection connection, string login)
    {
        _broker = broker;
        _server = server;
        _connection = connection;
        _login = login;
    }

    public Uri Broker => _broker.Uri;

    public TimeSpan BrokerTime => _broker.ProcessorTime();

    public TimeSpan StoreTime => _server.ProcessorTime();

    public static async Task<Site> StartAsync(CancellationToken cancellationToken)
    {
        var starting = LocalRabbitMq.StartAsync(new LocalRabbitMqOptions(), cancellationToken);
        var server = await LocalPostgres.StartAsync(new LocalPostgresOptions(), cancellationToken);
        var broker = await starting;
        await MigrateAsync(server.ConnectionString, cancellationToken);
        var connection = await new ConnectionFactory { Uri = broker.Uri }.CreateConnectionAsync("bench site", cancellationToken);
        var site = new Site(broker, server, connection, await server.MakeWorkerLoginAsync(WorkerLogin, cancellationToken));
        await site.ExecuteAsync(ResultsTable.Millrace, ResultsTable.MakePlain(WorkerLogin), cancellationToken);
        await site.ExecuteAsync(ResultsTable.Millrace, $"CREATE DATABASE {ResultsTable.Unguarded.Database}", cancellationToken);
        await MigrateAsync(site.Owner(ResultsTable.Unguarded).ConnectionString, cancellationToken);
        await site.ExecuteAsync(ResultsTable.Unguarded, ResultsTable.DropKey, cancellationToken);
        return site;
    }

    /// <summary>How a contender reaches its database.</summary>
    public NpgsqlConnectionStringBuilder LoginTo(ResultsTable table) => new(_login) { Database = table.Database };

    /// <summary>Makes the models' queues as Millrace's worker makes them: its declaring them later changes nothing.</summary>
    public async Task DeclareAsync(ServedModels models, CancellationToken cancellationToken)
    {
        await using var channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await BrokerTopology.DeclareAsync(channel, new BrokerOptions(), [], models.Names, cancellationToken);
    }

    /// <summary>Takes away all jobs and rows.</summary>
    public async Task CleanAsync(ResultsTable table, ServedModels models, CancellationToken cancellationToken)
    {
        await using var channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        foreach (var queue in QueuesOf(models))
        {
            await channel.QueuePurgeAsync(queue, cancellationToken);
        }

        await ExecuteAsync(table, table.Truncate, cancellationToken);
        // What the last contender left to be written shall not be written in the next one's time.
        await ExecuteAsync(table, "CHECKPOINT", cancellationToken);
    }

    /// <summary>Checks that every job of a measure has exactly one row that says so, and that none waits or was given up.</summary>
    /// <exception cref="BenchException">It is not so.</exception>
    public async Task VerifyAsync(ResultsTable table, ServedModels models, int jobs, CancellationToken cancellationToken)
    {
        await using (var command = Owner(table).CreateCommand(table.Count))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            var (rows, ids, succeeded) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
            if (rows != jobs || ids != jobs || succeeded != jobs)
            {
                throw new BenchException($"{jobs} jobs were published and replied to; the store has {rows} rows of {ids} jobs, {succeeded} of them succeeded.");
            }
        }

        await using var channel = await _connection.CreateChannelAsync(cancellationToken: cancellationToken);
        foreach (var queue in QueuesOf(models))
        {
            var waiting = (await channel.QueueDeclarePassiveAsync(queue, cancellationToken)).MessageCount;
            if (waiting > 0)
            {
                throw new BenchException($"All {jobs} jobs were replied to, and {waiting} messages wait in {queue}.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        foreach (var owner in _owners.Values)
        {
            await owner.DisposeAsync();
        }

        await _server.DisposeAsync();
        await _broker.DisposeAsync();
    }

    private static IEnumerable<string> QueuesOf(ServedModels models) =>
    [
        .. models.Names.SelectMany(model => new[] { BrokerNames.Queue(model, Lane.Interactive), BrokerNames.Queue(model, Lane.Bulk) }),
        BrokerNames.DeadLetters,
        BrokerNames.DeadLetterRows,
    ];

    private static async Task MigrateAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var store = ResultStores.OpenPostgres(connectionString);
        await store.MigrateAsync(cancellationToken);
    }

    private async Task ExecuteAsync(ResultsTable table, string sql, CancellationToken cancellationToken)
    {
        await using var command = Owner(table).CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlDataSource Owner(ResultsTable table)
    {
        if (!_owners.TryGetValue(table.Database, out var owner))
        {
            var target = new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Database = table.Database, PersistSecurityInfo = true };
            _owners.Add(table.Database, owner = NpgsqlDataSource.Create(target));
        }

        return owner;
    }
}
