using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Millrace.Results.Sqlite;

/// <summary>Opens connections to one file.</summary>
internal sealed class SqliteFile(string path)
{
    private const double Mebibyte = 1024 * 1024;

    // SQLite's log and its index grow by 32 KiB.
    private const long LeastRoom = 64 * 1024;

    // How long another process's commit is waited for.
    private const int BusySeconds = 5;

    /// <summary>The file, with its whole path: a name such as ":memory:" is a file here too.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string Description => $"SQLite file {Path}";

    /// <summary>Whether its disk has next to no room left; false where that cannot be told.</summary>
    public bool IsDiskFull => FreeBytes() < LeastRoom;

    /// <summary>The file, its size with that of its log, and what its disk has left, in words.</summary>
    public string DescribeRoom()
    {
        var bytes = new[] { Path, Path + "-wal" }.Sum(name => File.Exists(name) ? new FileInfo(name).Length : 0);
        var size = string.Create(CultureInfo.InvariantCulture, $"{Description} takes {bytes / Mebibyte:0.0} MiB");
        return FreeBytes() is { } free ? string.Create(CultureInfo.InvariantCulture, $"{size}, and its disk has {free / Mebibyte:0.0} MiB left") : size;
    }

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

    private long? FreeBytes()
    {
        try
        {
            return new DriveInfo(System.IO.Path.GetDirectoryName(Path)!).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private SqliteConnection Open(SqliteOpenMode mode, bool pooling)
    {
        var connection = new SqliteConnection(ConnectionString(mode, pooling));
        try
        {
            connection.Open();
            // FULL: each commit reaches the disk, since a delivery is acked after it and the broker may forget the job then. NORMAL
            // would lose the last commits with the power. The timeout is how long another process's commit is waited for.
            Execute(connection, $"PRAGMA synchronous = FULL; PRAGMA busy_timeout = {BusySeconds * 1000}");
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
        // The library goes on asking for so long, beyond SQLite's own wait, on the caller's thread: no longer than that one.
        new SqliteConnectionStringBuilder { DataSource = Path, Mode = mode, Pooling = pooling, DefaultTimeout = BusySeconds }.ToString();
}
