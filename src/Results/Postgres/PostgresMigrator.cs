using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>
/// Runs the missing migrations, each in a transaction of its own that first takes an advisory lock: of several processes one migrates and
/// the others find it done. A lock of the transaction, not of the session, also holds through a transaction pooler.
/// </summary>
internal sealed class PostgresMigrator(NpgsqlDataSource source, string description)
{
    // Any number that nobody else locks: the bytes of "millrace".
    private const long LockKey = 0x6D_69_6C_6C_72_61_63_65;

    // Not to_regclass: a session that has looked for the schema before keeps the answer "there is none" through the wait for the lock.
    // A look into the catalog's tables sees what the other process committed meanwhile.
    private const string VersionTableExists = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'millrace' AND tablename = 'schema_version')";

    private readonly IReadOnlyList<Migration> _migrations = Migration.LoadFor(typeof(PostgresMigrator));

    /// <summary>The schema's version that this program knows.</summary>
    public int KnownVersion => _migrations.Count;

    /// <inheritdoc cref="IResultStore.MigrateAsync"/>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var version = await ReadVersionAsync(connection, cancellationToken);
        if (version == 0)
        {
            await RequireUtf8Async(connection, cancellationToken);
        }

        while (version < KnownVersion)
        {
            version = await MigrateOnceAsync(connection, cancellationToken);
        }

        SchemaVersions.RequireNotNewer(description, version, KnownVersion);
    }

    /// <summary>The schema's version; 0 where there is none.</summary>
    public static async Task<int> ReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand(VersionTableExists, connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return 0;
        }

        await using var command = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM millrace.schema_version", connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<int> MigrateOnceAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockAsync(connection, cancellationToken);
        var version = await ReadVersionAsync(connection, cancellationToken);
        if (version < KnownVersion)
        {
            await PostgresRoles.EnsureAsync(connection, cancellationToken);
            await ApplyAsync(connection, _migrations[version], cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            version++;
        }

        return version;
    }

    private static async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Another process's migration may take longer than a command may by default.
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection) { CommandTimeout = 0 };
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockKey });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        await using var script = new NpgsqlCommand(migration.Sql, connection) { CommandTimeout = 0 };
        await script.ExecuteNonQueryAsync(cancellationToken);
        await using var version = new NpgsqlCommand("INSERT INTO millrace.schema_version (version, name) VALUES ($1, $2)", connection);
        version.Parameters.Add(new NpgsqlParameter<int> { TypedValue = migration.Version });
        version.Parameters.Add(new NpgsqlParameter<string> { TypedValue = migration.Name });
        await version.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task RequireUtf8Async(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT current_setting('server_encoding')", connection);
        if (await command.ExecuteScalarAsync(cancellationToken) is not "UTF8" and var encoding)
        {
            throw new StoreSchemaException(
                $"{description} has the encoding {encoding}, which cannot hold every text. Make one with: "
                + "CREATE DATABASE millrace ENCODING 'UTF8' TEMPLATE template0;");
        }
    }
}
