using System.Collections.Concurrent;
using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>Inserts rows in one transaction, and says which were inserted. Several commits may run at the same time.</summary>
internal sealed class PostgresCommit(PostgresSessions sessions)
{
    // A buffer that one huge commit blew up is not kept.
    private const int MaxKeptBufferBytes = 1024 * 1024;

    // What one may take, about.
    private const int RowErrorBytes = 80;

    // Who meets rows that are there already is likely to meet more of them.
    private const int CarefulAfterConflict = 100;

    private readonly ConcurrentBag<OutputsBuffer> _buffers = [];
    private int _carefulLeft;

    /// <summary>
    /// The most tensor bytes of one statement; past it a commit takes several. Postgres reads some MiB of tensors a second out of JSON, and
    /// a statement must end well before its timeout.
    /// </summary>
    public long MaxStatementBytes { get; init; } = Storability.MaxOutputBytes;

    /// <summary>Inserts the rows whose ids are not there yet.</summary>
    /// <param name="rows">Ordered by job id, and each id once.</param>
    /// <param name="cancellationToken">Gives up; nothing or everything is committed then.</param>
    /// <returns>The ids of the rows that were inserted; null for all.</returns>
    public Task<HashSet<Guid>?> InsertAsync(ReadOnlyMemory<ResultRow> rows, CancellationToken cancellationToken) =>
        sessions.UseAsync(connection => InsertAsync(connection, rows, cancellationToken), cancellationToken);

    private async Task<HashSet<Guid>?> InsertAsync(NpgsqlConnection connection, ReadOnlyMemory<ResultRow> rows, CancellationToken cancellationToken)
    {
        var buffer = _buffers.TryTake(out var kept) ? kept : new OutputsBuffer();
        try
        {
            var first = TakeStatement(ref rows);
            // One statement is its own transaction: no BEGIN and COMMIT, two ways to the server less.
            if (rows.IsEmpty && await TryInsertAlikeAsync(connection, first, buffer, cancellationToken))
            {
                return null;
            }

            var inserted = new HashSet<Guid>(first.Length + rows.Length);
            if (rows.IsEmpty)
            {
                await InsertStatementAsync(connection, first, buffer, inserted, cancellationToken);
                return inserted;
            }

            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            for (var part = first; !part.IsEmpty; part = TakeStatement(ref rows))
            {
                await InsertStatementAsync(connection, part, buffer, inserted, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            return inserted;
        }
        finally
        {
            Keep(buffer);
        }
    }

    /// <summary>Inserts the rows without a look at what is there.</summary>
    /// <returns>False where none was inserted: they are not alike, or one is there already, or one lately was.</returns>
    private async Task<bool> TryInsertAlikeAsync(
        NpgsqlConnection connection, ReadOnlyMemory<ResultRow> rows, OutputsBuffer buffer, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _carefulLeft) > 0)
        {
            Interlocked.Decrement(ref _carefulLeft);
            return false;
        }

        if (rows.IsEmpty || !AlikeColumns.Fit(rows.Span))
        {
            return false;
        }

        await using var command = new NpgsqlCommand(AlikeColumns.Insert, connection);
        new AlikeColumns(rows.Span, buffer.Encode(rows.Span)).AddTo(command.Parameters);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            Volatile.Write(ref _carefulLeft, CarefulAfterConflict);
            return false;
        }
    }

    private ReadOnlyMemory<ResultRow> TakeStatement(ref ReadOnlyMemory<ResultRow> rows)
    {
        long bytes = 0;
        var count = 0;
        foreach (var row in rows.Span)
        {
            bytes += Storability.SizeOf(row.Outputs) + (row.RowErrors.Count * RowErrorBytes);
            if (count > 0 && bytes > MaxStatementBytes)
            {
                break;
            }

            count++;
        }

        var taken = rows[..count];
        rows = rows[count..];
        return taken;
    }

    private static async Task InsertStatementAsync(
        NpgsqlConnection connection, ReadOnlyMemory<ResultRow> rows, OutputsBuffer buffer, HashSet<Guid> inserted, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(CommitColumns.Insert, connection);
        new CommitColumns(rows.Span, buffer.Encode(rows.Span)).AddTo(command.Parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            inserted.Add(reader.GetGuid(0));
        }
    }

    private void Keep(OutputsBuffer buffer)
    {
        if (buffer.Capacity <= MaxKeptBufferBytes)
        {
            _buffers.Add(buffer);
        }
        else
        {
            buffer.Dispose();
        }
    }
}
