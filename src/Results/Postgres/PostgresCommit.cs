using System.Collections.Concurrent;
using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>Inserts rows in one transaction, and says which were inserted. Several commits may run at the same time.</summary>
internal sealed class PostgresCommit(NpgsqlDataSource source)
{
    // A buffer that one huge commit blew up is not kept.
    private const int MaxKeptBufferBytes = 1024 * 1024;

    private readonly ConcurrentBag<OutputsBuffer> _buffers = [];

    /// <summary>
    /// The most tensor bytes of one statement; past it a commit takes several. Postgres reads some MiB of tensors a second out of JSON, and
    /// a statement must end well before its timeout.
    /// </summary>
    public long MaxStatementBytes { get; init; } = Storability.MaxOutputBytes;

    /// <summary>The ids of the rows that were inserted.</summary>
    /// <param name="rows">Ordered by job id, and each id once.</param>
    /// <param name="cancellationToken">Gives up; nothing or everything is committed then.</param>
    public async Task<HashSet<Guid>> InsertAsync(ReadOnlyMemory<ResultRow> rows, CancellationToken cancellationToken)
    {
        var inserted = new HashSet<Guid>(rows.Length);
        var buffer = _buffers.TryTake(out var kept) ? kept : new OutputsBuffer();
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            var first = TakeStatement(ref rows);
            if (rows.IsEmpty)
            {
                // One statement is its own transaction: no BEGIN and COMMIT, two ways to the server less.
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

    private ReadOnlyMemory<ResultRow> TakeStatement(ref ReadOnlyMemory<ResultRow> rows)
    {
        long bytes = 0;
        var count = 0;
        foreach (var row in rows.Span)
        {
            for (var i = 0; i < row.Outputs.Count; i++)
            {
                bytes += row.Outputs[i].Data.Length;
            }

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
        ToColumns(rows.Span, buffer).AddTo(command.Parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            inserted.Add(reader.GetGuid(0));
        }
    }

    private static CommitColumns ToColumns(ReadOnlySpan<ResultRow> rows, OutputsBuffer buffer)
    {
        var columns = new CommitColumns(rows.Length);
        var outputs = new Range[rows.Length];
        buffer.Clear();
        for (var i = 0; i < rows.Length; i++)
        {
            columns.Set(i, rows[i]);
            outputs[i] = buffer.Append(rows[i]);
        }

        for (var i = 0; i < rows.Length; i++)
        {
            columns.SetOutputs(i, buffer.Slice(outputs[i]));
        }

        return columns;
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
