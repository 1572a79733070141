using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>What an error of Postgres means, once a connection is there. Nothing here reads a message's text.</summary>
internal static class PostgresFaults
{
    /// <summary>How a login gets its rights.</summary>
    public const string GrantHint =
        "Let the owner grant the login its role: GRANT millrace_worker TO login; for a worker, GRANT millrace_reader TO login; for people who "
        + "query, GRANT millrace_operator TO login; for people who cancel jobs.";

    /// <inheritdoc cref="IResultStore.Explain"/>
    public static StoreFault Explain(Exception failure, string description) => failure switch
    {
        StoreSchemaException => new(StoreFaultKind.Setup, failure.Message),
        StoreConnectionException connection => connection.Fault,
        PostgresException refusal => OfStatement(refusal, description),
        // The connection was lost under the call, or no answer came in time.
        NpgsqlException { InnerException: IOException or System.Net.Sockets.SocketException or TimeoutException } =>
            new(StoreFaultKind.Passing, $"{description}: the connection was lost, or no answer came in time ({failure.GetBaseException().Message})"),
        NpgsqlException { InnerException: NpgsqlException inner } => Explain(inner, description),
        TimeoutException => new(StoreFaultKind.Passing, $"{description}: no answer came in time"),
        _ => new(StoreFaultKind.Unexplained, $"{description}: {failure.GetType().Name}: {failure.Message}"),
    };

    /// <summary>What to tell people where the schema or the rights are the cause; null for every other error.</summary>
    public static string? SchemaProblem(PostgresException exception, string description) => exception.SqlState switch
    {
        PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedTable =>
            $"{description} has no schema of Millrace. Run '{SchemaVersions.MigrateCommand}' as its owner.",
        PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction =>
            $"{description} has another version of the schema than this program. Run '{SchemaVersions.MigrateCommand}' as its owner.",
        PostgresErrorCodes.InsufficientPrivilege => $"{description}: {exception.MessageText}. {GrantHint}",
        _ => null,
    };

    /// <summary>
    /// Whether the next call on this session, or on another that was opened with it, may fail the same way although the server is well: a
    /// server that has become a standby, a setting that its sessions began with, a plan or a prepared statement that is gone.
    /// </summary>
    public static bool MayLastAsLongAsTheSession(PostgresException refusal) =>
        refusal.SqlState is not (PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled)
        // 22, 23: the data. 40: other transactions. 53, 54: what the server has and takes.
        && !(refusal.SqlState is ['2', '2' or '3', ..] or ['4', '0', ..] or ['5', '3' or '4', ..]);

    private static StoreFault OfStatement(PostgresException refusal, string description)
    {
        if (SchemaProblem(refusal, description) is { } problem)
        {
            return new StoreFault(StoreFaultKind.Setup, problem);
        }

        var kind = KindOf(refusal.SqlState);
        return new StoreFault(kind, kind switch
        {
            // The server's text may quote what it refuses.
            StoreFaultKind.Data => $"{description} refuses a row's data (SQLSTATE {refusal.SqlState})",
            StoreFaultKind.NoRoom => $"{description} has no room, or its disk fails ({refusal.SqlState}: {refusal.MessageText})",
            _ => $"{description}: {refusal.SqlState}: {refusal.MessageText}",
        });
    }

    private static StoreFaultKind KindOf(string state) => state switch
    {
        PostgresErrorCodes.CheckViolation // 23514
            => StoreFaultKind.Data,
        PostgresErrorCodes.DiskFull // 53100
            or PostgresErrorCodes.IoError // 58030
            => StoreFaultKind.NoRoom,
        PostgresErrorCodes.LockNotAvailable // 55P03
            or PostgresErrorCodes.ObjectInUse // 55006
            or PostgresErrorCodes.ReadOnlySqlTransaction // 25006: a standby; its session ends, and the next one may find another server
            or "25P03" // idle_in_transaction_session_timeout
            => StoreFaultKind.Passing,
        // 22: data exceptions. 54: a row that is larger than the server takes.
        ['2', '2', ..] or ['5', '4', ..] => StoreFaultKind.Data,
        // 08: the connection. 40: other transactions. 53: out of connections or memory. 57: an operator, or the server's start and end.
        ['0', '8', ..] or ['4', '0', ..] or ['5', '3', ..] or ['5', '7', ..] => StoreFaultKind.Passing,
        _ => StoreFaultKind.Unexplained,
    };
}
