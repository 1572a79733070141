using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>
/// The advisory lock that a migration takes in its transaction. Any login can take it too, so it is waited for with a limit, and whoever holds it
/// is told.
/// </summary>
internal sealed class MigrationLock(NpgsqlConnection connection, string description, MigrationOptions options)
{
    // Any number that nobody else locks: the bytes of "millrace".
    private const long Key = 0x6D_69_6C_6C_72_61_63_65;

    // In pg_locks a key of 64 bits is two halves.
    private const string Holders = """
        SELECT l.pid, a.usename, a.application_name, a.backend_start
        FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND l.classid = ($1 >> 32)::int8::oid AND l.objid = ($1 & 4294967295)::oid AND l.objsubid = 1
        """;

    // The first look at who holds it comes within a second.
    private static readonly TimeSpan s_firstLook = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_laterLooks = TimeSpan.FromSeconds(5);

    /// <summary>Takes it for the transaction that goes on.</summary>
    /// <exception cref="StoreLockedException">Somebody kept it for longer than the limit.</exception>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        for (var patience = s_firstLook; !await TryTakeAsync(Shortest(patience, start), cancellationToken); patience = s_laterLooks)
        {
            var holders = await ReadHoldersAsync(cancellationToken);
            if (options.LockTimeout != Timeout.InfiniteTimeSpan && Stopwatch.GetElapsedTime(start) >= options.LockTimeout)
            {
                throw new StoreLockedException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{description}: the lock of its migrations was not free within {options.LockTimeout.TotalSeconds:0.#} s; {holders}. Nothing was changed. "
                    + $"Where that is no migration, let it end: SELECT pg_terminate_backend(pid);"));
            }

            options.OnWaiting?.Invoke($"{description}: waits for the lock of its migrations; {holders}");
        }
    }

    private TimeSpan Shortest(TimeSpan patience, long start)
    {
        var left = options.LockTimeout == Timeout.InfiniteTimeSpan ? patience : options.LockTimeout - Stopwatch.GetElapsedTime(start);
        // 0 would mean no limit to the server.
        return left < patience ? TimeSpan.FromMilliseconds(Math.Max(1, left.TotalMilliseconds)) : patience;
    }

    private async Task<bool> TryTakeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        await ExecuteAsync("SAVEPOINT before_lock", cancellationToken);
        try
        {
            // It queues at the server, so nobody who comes later goes first. The setting ends with the transaction.
            await ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"SET LOCAL lock_timeout = '{Math.Ceiling(patience.TotalMilliseconds)}ms'"), cancellationToken);
            await using (var take = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection))
            {
                take.Parameters.Add(new NpgsqlParameter<long> { TypedValue = Key });
                await take.ExecuteNonQueryAsync(cancellationToken);
            }

            // The migration itself waits for its tables as long as it must.
            await ExecuteAsync("SET LOCAL lock_timeout = 0", cancellationToken);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await ExecuteAsync("ROLLBACK TO SAVEPOINT before_lock", cancellationToken);
            return false;
        }
    }

    private async Task<string> ReadHoldersAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Holders, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = Key });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var holders = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var user = await reader.IsDBNullAsync(1, cancellationToken) ? "?" : reader.GetString(1);
            var program = await reader.IsDBNullAsync(2, cancellationToken) ? "" : reader.GetString(2);
            holders.Add(string.Create(CultureInfo.InvariantCulture, $"pid {reader.GetInt32(0)} of user '{user}'{(program.Length > 0 ? $" ({program})" : "")}"));
        }

        return holders.Count > 0 ? $"it is held by {string.Join(", ", holders)}" : "it has just been given back";
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
