using System.Globalization;
using Millrace.Results;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.Faults;

/// <summary>A database of one trial: the schema, a record of every change of a row, and commits that fail or take long on demand.</summary>
internal sealed class Database : IAsyncDisposable
{
    // Triggers run as their owner: the worker's login has no rights here.
    private const string Triggers = """
        CREATE SCHEMA faults;
        CREATE TABLE faults.changes (op text NOT NULL, job_id uuid NOT NULL, before jsonb NOT NULL, after jsonb);
        CREATE FUNCTION faults.record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            INSERT INTO faults.changes VALUES (TG_OP, OLD.job_id, to_jsonb(OLD), CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(NEW) END);
            RETURN NULL;
        END $$;
        CREATE TRIGGER record AFTER UPDATE OR DELETE ON millrace.results FOR EACH ROW EXECUTE FUNCTION faults.record();

        CREATE TABLE faults.disturbance (seed bigint NOT NULL, refused float8 NOT NULL, slow float8 NOT NULL, seconds float8 NOT NULL);
        CREATE SEQUENCE faults.chances;
        -- From 0 to 1, by the trial's seed and how often it was asked for, in whichever session.
        CREATE FUNCTION faults.chance(seed bigint) RETURNS float8 LANGUAGE sql AS $$
            SELECT (hashint8extended(nextval('faults.chances'), seed) & 1048575)::float8 / 1048576
        $$;
        CREATE FUNCTION faults.disturb() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        DECLARE
            plan faults.disturbance;
        BEGIN
            SELECT * INTO plan FROM faults.disturbance;
            IF faults.chance(plan.seed) < plan.slow THEN
                PERFORM pg_sleep(plan.seconds);
            END IF;
            IF faults.chance(plan.seed) < plan.refused THEN
                IF faults.chance(plan.seed) < 0.5 THEN
                    RAISE EXCEPTION 'made up by the fault tests' USING ERRCODE = 'serialization_failure';
                ELSE
                    RAISE EXCEPTION 'made up by the fault tests' USING ERRCODE = 'deadlock_detected';
                END IF;
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER disturb AFTER INSERT ON millrace.results FOR EACH STATEMENT EXECUTE FUNCTION faults.disturb();
        """;

    private readonly TestDatabase _database;
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlDataSource _operator;

    private Database(TestDatabase database, string workerLogin, string operatorLogin)
    {
        _database = database;
        WorkerLogin = workerLogin;
        // Not from a pool: the scenarios end the server under connections that wait there.
        _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false });
        _operator = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(operatorLogin) { Pooling = false });
    }

    /// <summary>How a worker, with its rights alone, reaches it.</summary>
    public string WorkerLogin { get; }

    /// <summary>Its name.</summary>
    public string Name => _database.Name;

    /// <summary>Makes it.</summary>
    /// <param name="servers">Where.</param>
    /// <param name="seed">Decides which commits are disturbed.</param>
    /// <param name="tablespace">Where there; null for the server's own.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Database> CreateAsync(Servers servers, int seed, string? tablespace, CancellationToken cancellationToken)
    {
        var database = await servers.CreateDatabaseAsync(tablespace, cancellationToken);
        await using (var store = ResultStores.OpenPostgres(database.ConnectionString))
        {
            await store.MigrateAsync(cancellationToken);
        }

        var created = new Database(
            database,
            await database.CreateLoginAsync("", ["millrace_worker"], cancellationToken),
            await database.CreateLoginAsync("", ["millrace_operator"], cancellationToken));
        await created.ExecuteAsync(Triggers, cancellationToken);
        await created.ExecuteAsync($"INSERT INTO faults.disturbance VALUES ({seed}, 0, 0, 0)", cancellationToken);
        return created;
    }

    /// <summary>Lets that share of the commits fail, half of them as serialization failures (40001), half as deadlocks (40P01).</summary>
    public Task RefuseAsync(double share, CancellationToken cancellationToken) =>
        ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"UPDATE faults.disturbance SET refused = {share}"), cancellationToken);

    /// <summary>Lets that share of the commits take so much longer.</summary>
    public Task SlowDownAsync(double share, TimeSpan delay, CancellationToken cancellationToken) => ExecuteAsync(
        string.Create(CultureInfo.InvariantCulture, $"UPDATE faults.disturbance SET slow = {share}, seconds = {delay.TotalSeconds}"), cancellationToken);

    /// <summary>Loses the key of the table (a negative control).</summary>
    public Task LoseKeyAsync(CancellationToken cancellationToken) =>
        ExecuteAsync("ALTER TABLE millrace.results DROP CONSTRAINT results_pkey", cancellationToken);

    /// <summary>Asks for jobs to be cancelled, with an operator's rights alone.</summary>
    public async Task CancelAsync(IReadOnlyCollection<Guid> jobs, CancellationToken cancellationToken)
    {
        await using var command = _operator.CreateCommand("SELECT FROM millrace.cancel($1)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. jobs] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Rows so far, and one more for each that is marked undeliverable.</summary>
    public async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand("SELECT count(*) + count(undeliverable_at) FROM millrace.results");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The same; null while the database is away.</summary>
    public async Task<long?> TryCountAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await CountAsync(cancellationToken);
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            return null;
        }
    }

    /// <summary>Rows in a batch, as the latest thousand rows have it on average.</summary>
    public async Task<double> ReadMeanBatchAsync(CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand("""
            SELECT coalesce(avg(batch_rows), 0)::float8 FROM (SELECT batch_rows FROM millrace.results ORDER BY committed_at DESC LIMIT 1000) AS latest
            """);
        return (double)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task<List<StoredRow>> ReadRowsAsync(CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand("""
            SELECT job_id, status, code, (jsonb_path_query_first(outputs::jsonb, '$.echo.data[0]')#>>'{}')::text, undeliverable_at IS NOT NULL
            FROM millrace.results
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<StoredRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var code = reader.IsDBNull(2) ? null : reader.GetString(2);
            // One element a row: a number, or a list of one.
            long? number = reader.IsDBNull(3) ? null : long.Parse(reader.GetString(3).Trim('[', ']'), CultureInfo.InvariantCulture);
            rows.Add(new StoredRow(reader.GetGuid(0), new Answer(reader.GetString(1), code, number), reader.GetBoolean(4)));
        }

        return rows;
    }

    /// <summary>The jobs of rows that were deleted, or changed in another way than by their first undeliverable mark.</summary>
    public async Task<List<Guid>> ReadChangedAsync(CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand("""
            SELECT job_id FROM faults.changes
            WHERE op = 'DELETE' OR before - '{undeliverable_at,undeliverable_reason}'::text[]
                      IS DISTINCT FROM after - '{undeliverable_at,undeliverable_reason}'::text[] OR before ->> 'undeliverable_at' IS NOT NULL
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var jobs = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            jobs.Add(reader.GetGuid(0));
        }

        return jobs;
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _operator.DisposeAsync();
        // Connections to the server may have gone with a database that was stopped.
        NpgsqlConnection.ClearAllPools();
        await _database.DisposeAsync();
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
