using System.Net.Sockets;
using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>What an error of Postgres or of the way to it means. Nothing here reads a message's text.</summary>
internal static class PostgresErrors
{
    /// <inheritdoc cref="IResultStore.IsTransient"/>
    public static bool IsTransient(Exception exception) => exception switch
    {
        PostgresException e => IsTransientState(e.SqlState),
        // The way to the server: refused, reset, timed out, or no connection of the pool came free in time.
        NpgsqlException { InnerException: IOException or SocketException or TimeoutException } => true,
        NpgsqlException { InnerException: NpgsqlException inner } => IsTransient(inner),
        _ => false,
    };

    /// <summary>What to tell people where the schema or the rights are the cause; null for every other error.</summary>
    public static string? SchemaProblem(PostgresException exception, string description) => exception.SqlState switch
    {
        PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedTable =>
            $"{description} has no schema of Millrace. Run '{SchemaVersions.MigrateCommand}' as its owner.",
        PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.UndefinedFunction =>
            $"{description} has another version of the schema than this program. Run '{SchemaVersions.MigrateCommand}' as its owner.",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName =>
            $"{description}: {exception.MessageText}. Check the user, the password and the database of the connection string.",
        PostgresErrorCodes.InsufficientPrivilege => $"{description}: {exception.MessageText}. {GrantHint}",
        _ => null,
    };

    /// <summary>How a login gets its rights.</summary>
    public const string GrantHint =
        "Let the owner grant the login its role: GRANT millrace_worker TO login; for a worker, GRANT millrace_reader TO login; for people who "
        + "query, GRANT millrace_operator TO login; for people who cancel jobs.";

    private static bool IsTransientState(string state) => state switch
    {
        PostgresErrorCodes.SerializationFailure // 40001
            or PostgresErrorCodes.DeadlockDetected // 40P01
            or PostgresErrorCodes.StatementCompletionUnknown // 40003
            or PostgresErrorCodes.LockNotAvailable // 55P03
            or PostgresErrorCodes.ObjectInUse // 55006
            or PostgresErrorCodes.ReadOnlySqlTransaction // 25006: a standby, until the failover is through
            or "25P03" // idle_in_transaction_session_timeout
            or PostgresErrorCodes.QueryCanceled // 57014: statement_timeout; our own cancellation is no PostgresException
            or PostgresErrorCodes.AdminShutdown // 57P01
            or PostgresErrorCodes.CrashShutdown // 57P02
            or PostgresErrorCodes.CannotConnectNow // 57P03
            or PostgresErrorCodes.IdleSessionTimeout // 57P05
            or PostgresErrorCodes.IoError // 58030
            => true,
        // 08: connection exceptions. 53: out of connections, memory or disk.
        _ => state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("53", StringComparison.Ordinal),
    };
}
