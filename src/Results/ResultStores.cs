using Millrace.Results.Postgres;
using Millrace.Results.Sqlite;

namespace Millrace.Results;

/// <summary>Opens the stores that there are. Opening connects to nothing: the first call on the store does.</summary>
public static class ResultStores
{
    /// <summary>The served store.</summary>
    /// <param name="connectionString">
    /// In Npgsql's form. <c>Max Auto Prepare</c> is 20 unless it is set there: set it to 0 behind a pooler that cannot keep prepared
    /// statements.
    /// </param>
    /// <exception cref="ArgumentException">That is no connection string. The message does not repeat it: it may hold a password.</exception>
    public static IResultStore OpenPostgres(string connectionString) => new PostgresResultStore(connectionString);

    /// <summary>The embedded store: one file, whose folder is made where it is missing.</summary>
    /// <param name="path">The file; relative to the current folder.</param>
    public static IResultStore OpenSqlite(string path) => new SqliteResultStore(path);
}
