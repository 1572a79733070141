using Microsoft.Data.Sqlite;

namespace Millrace.Results.Sqlite;

/// <summary>Opens connections to one file.</summary>
internal sealed class SqliteFile(string path)
{
    /// <summary>The file, with its whole path: a name such as ":memory:" is a file here too.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string Description => $"SQLite file {Path}";

    /// <summary>A connection for reading, from the pool. Readers see the last commit while the next one is written.</summary>
    /// <exception cref="StoreSchemaException">There is no such file.</exception>
    public SqliteConnection OpenReader() => Open(SqliteOpenMode.ReadWrite, pooling: true);

    /// <summary>A connection that writes.</summary>
    /// <exception cref="StoreSchemaException">There is no such file.</exception>
    public SqliteConnection OpenWriter() => Open(SqliteOpenMode.ReadWrite, pooling: false);

    /// <summary>A connection that makes the file, and a folder that only its owner may enter, where they are missing.</summary>
    /// <remarks>Folders above that one are made too, with the rights that new folders have.</remarks>
    public SqliteConnection OpenOrCreate()
    {
        var folder = System.IO.Path.GetDirectoryName(Path)!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var connection = Open(SqliteOpenMode.ReadWriteCreate, pooling: false);
        // Stays with the file. Readers and the writer do not wait for each other, and a commit is one fsync of the log.
        Execute(connection, "PRAGMA journal_mode = WAL");
        return connection;
    }

    /// <summary>Closes the connections that the pool keeps, so that the file may be deleted.</summary>
    public void ClosePooled()
    {
        using var connection = new SqliteConnection(ConnectionString(SqliteOpenMode.ReadWrite, pooling: true));
        SqliteConnection.ClearPool(connection);
    }

    public static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    private SqliteConnection Open(SqliteOpenMode mode, bool pooling)
    {
        var connection = new SqliteConnection(ConnectionString(mode, pooling));
        try
        {
            connection.Open();
            // FULL: each commit reaches the disk, since a delivery is acked after it and the broker may forget the job then. NORMAL
            // would lose the last commits with the power. The timeout is how long another process's commit is waited for.
            Execute(connection, "PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000");
            return connection;
        }
        catch (SqliteException e) when (mode != SqliteOpenMode.ReadWriteCreate && !File.Exists(Path))
        {
            connection.Dispose();
            throw new StoreSchemaException($"{Description} is not there. Run '{SchemaVersions.MigrateCommand}'.", e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private string ConnectionString(SqliteOpenMode mode, bool pooling) =>
        new SqliteConnectionStringBuilder { DataSource = Path, Mode = mode, Pooling = pooling }.ToString();
}
