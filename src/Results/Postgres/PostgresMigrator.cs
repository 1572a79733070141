using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>
/// Runs the missing migrations, each in a transaction of its own that first takes an advisory lock: of several processes one migrates and
/// the others find it done. A lock of the transaction, not of the session, also holds through a transaction pooler.
/// </summary>
internal sealed class PostgresMigrator(PostgresSessions sessions)
{
    // Not to_regclass: a session that has looked for the schema before keeps the answer "there is none" through the wait for the lock.
    // A look into the catalog's tables sees what the other process committed meanwhile.
    private const string VersionTableExists = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'millrace' AND tablename = 'schema_version')";

    private readonly IReadOnlyList<Migration> _migrations = Migration.LoadFor(typeof(PostgresMigrator));

    /// <summary>The schema's version that this program knows.</summary>
    public int KnownVersion => _migrations.Count;

    /// <inheritdoc cref="IResultStore.MigrateAsync(MigrationOptions, CancellationToken)"/>
    public async Task MigrateAsync(MigrationOptions options, CancellationToken cancellationToken)
    {
        await using var connection = await sessions.OpenAsync(cancellationToken);
        var migrating = new MigrationLock(connection, sessions.Description, options);
        var version = await ReadVersionAsync(connection, cancellationToken);
        if (version == 0)
        {
            await RequireUtf8Async(connection, cancellationToken);
        }

        while (version < KnownVersion)
        {
            version = await MigrateOnceAsync(connection, migrating, cancellationToken);
        }

        SchemaVersions.RequireNotNewer(sessions.Description, version, KnownVersion);
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

    private async Task<int> MigrateOnceAsync(NpgsqlConnection connection, MigrationLock migrating, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await migrating.TakeAsync(cancellationToken);
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
                $"{sessions.Description} has the encoding {encoding}, which cannot hold every text. Make one with: "
                + "CREATE DATABASE millrace ENCODING 'UTF8' TEMPLATE template0;");
        }
    }
}
