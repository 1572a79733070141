using Microsoft.Data.Sqlite;

namespace Millrace.Results.Sqlite;

/// <summary>
/// Runs the missing migrations, each in a transaction that takes the file's write lock before it looks at the version: of several
/// processes one migrates and the others find it done.
/// </summary>
internal sealed class SqliteMigrator(SqliteFile file)
{
    private readonly IReadOnlyList<Migration> _migrations = Migration.LoadFor(typeof(SqliteMigrator));

    /// <inheritdoc cref="IResultStore.MigrateAsync(MigrationOptions, CancellationToken)"/>
    public void Migrate()
    {
        using var connection = file.OpenOrCreate();
        var version = ReadVersion(connection, null);
        while (version < _migrations.Count)
        {
            version = MigrateOnce(connection);
        }

        SchemaVersions.RequireNotNewer(file.Description, version, _migrations.Count);
    }

    /// <summary>Refuses every schema but this program's.</summary>
    public void RequireCurrent(SqliteConnection connection) =>
        SchemaVersions.RequireCurrent(file.Description, ReadVersion(connection, null), _migrations.Count);

    private int MigrateOnce(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        var version = ReadVersion(connection, transaction);
        if (version < _migrations.Count)
        {
            var migration = _migrations[version];
            SqliteFile.Execute(connection, migration.Sql, transaction);
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "INSERT INTO schema_version (version, name) VALUES (@version, @name)";
            command.Parameters.AddWithValue("@version", migration.Version);
            command.Parameters.AddWithValue("@name", migration.Name);
            command.ExecuteNonQuery();
            transaction.Commit();
            version++;
        }

        return version;
    }

    private static int ReadVersion(SqliteConnection connection, SqliteTransaction? transaction)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'";
        if (command.ExecuteScalar() is 0L)
        {
            return 0;
        }

        command.CommandText = "SELECT coalesce(max(version), 0) FROM schema_version";
        return (int)(long)command.ExecuteScalar()!;
    }
}
