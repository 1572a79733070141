using System.Collections.Concurrent;
using Millrace.Results;
using Millrace.Results.Postgres;
using Npgsql;

namespace Millrace.FaultyWorker;

/// <summary>
/// The commit that lost its key: every row is inserted, whatever is there. The table's key must be gone as well. In all else it is the
/// worker's own commit, its settings and statements, for what is compared with it is the key alone.
/// </summary>
internal sealed class KeylessCommit(string connectionString)
{
    private static readonly string s_insert = CommitColumns.Insert.Replace("ON CONFLICT (job_id) DO NOTHING", "", StringComparison.Ordinal);

    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(PostgresConnectionString.Parse(connectionString));
    private readonly ConcurrentBag<OutputsBuffer> _buffers = [];

    public async Task<IReadOnlyList<ResultRow?>> CommitAsync(IReadOnlyList<ResultRow> rows, CancellationToken cancellationToken)
    {
        var buffer = _buffers.TryTake(out var kept) ? kept : new OutputsBuffer();
        ResultRow[] all = [.. rows];
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        if (AlikeColumns.Fit(all))
        {
            command.CommandText = AlikeColumns.Insert;
            new AlikeColumns(all, buffer.Encode(all)).AddTo(command.Parameters);
        }
        else
        {
            command.CommandText = s_insert;
            new CommitColumns(all, buffer.Encode(all)).AddTo(command.Parameters);
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
        _buffers.Add(buffer);
        return new ResultRow?[rows.Count];
    }
}
