using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Millrace.Results.Sqlite;

/// <summary>What an error of SQLite means.</summary>
internal static class SqliteFaults
{
    /// <inheritdoc cref="IResultStore.Explain"/>
    public static StoreFault Explain(Exception failure, SqliteFile file) => failure switch
    {
        StoreSchemaException => new(StoreFaultKind.Setup, failure.Message),
        SqliteException error when SchemaProblem(error, file.Description) is { } problem => new(StoreFaultKind.Setup, problem),
        SqliteException error => OfError(error, file),
        // Folders are made where they are missing.
        IOException or UnauthorizedAccessException => new(StoreFaultKind.Setup, $"{file.Description}: {failure.Message}"),
        _ => new(StoreFaultKind.Unexplained, $"{file.Description}: {failure.GetType().Name}: {failure.Message}"),
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

    private static StoreFault OfError(SqliteException error, SqliteFile file) => error switch
    {
        { SqliteErrorCode: raw.SQLITE_FULL or raw.SQLITE_IOERR } when file.IsDiskFull || error.SqliteErrorCode == raw.SQLITE_FULL => new(StoreFaultKind.NoRoom, $"disk full: {file.DescribeRoom()}. Make room there."),
        { SqliteErrorCode: raw.SQLITE_IOERR } => new(
            StoreFaultKind.NoRoom,
            $"the disk fails (SQLite error {error.SqliteExtendedErrorCode}): {file.DescribeRoom()}. Look after the disk."),
        { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_PROTOCOL } =>
            new(StoreFaultKind.Passing, $"{file.Description} is locked by another process"),
        { SqliteErrorCode: raw.SQLITE_NOMEM } => new(StoreFaultKind.Passing, $"{file.Description}: SQLite got no memory"),
        { SqliteErrorCode: raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH } or { SqliteExtendedErrorCode: raw.SQLITE_CONSTRAINT_CHECK } =>
            new(StoreFaultKind.Data, $"{file.Description} refuses a row's data (SQLite error {error.SqliteExtendedErrorCode})"),
        _ => new(StoreFaultKind.Unexplained, $"{file.Description}: {error.Message}"),
    };
}
