using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Millrace.Results.Sqlite;

/// <summary>What an error of SQLite means.</summary>
internal static class SqliteErrors
{
    /// <inheritdoc cref="IResultStore.IsTransient"/>
    public static bool IsTransient(Exception exception) => exception is SqliteException
    {
        // Another process has the lock, or the disk is full or does not answer: all may pass by themselves.
        SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_PROTOCOL or raw.SQLITE_FULL or raw.SQLITE_IOERR,
    };

    /// <summary>What to tell people where the schema is the cause; null for every other error.</summary>
    public static string? SchemaProblem(SqliteException exception, string description) => exception.SqliteErrorCode switch
    {
        // SQLite tells a missing table by this general error only, and no other statement of ours can be wrong.
        raw.SQLITE_ERROR => $"{description} has no schema of Millrace, or another version. Run '{SchemaVersions.MigrateCommand}'.",
        raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT => $"{description} is no SQLite database, or a damaged one.",
        raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH or raw.SQLITE_CANTOPEN =>
            $"{description} may not be read and written by this user.",
        _ => null,
    };
}
