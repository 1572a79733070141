using Millrace.Results;
using Millrace.Results.Postgres;
using Npgsql;

namespace Millrace.FaultyWorker;

/// <summary>The commit that lost its key: every row is inserted, whatever is there. The table's key must be gone as well.</summary>
internal sealed class KeylessCommit(string connectionString)
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(connectionString);

    public async Task<IReadOnlyList<ResultRow?>> CommitAsync(IReadOnlyList<ResultRow> rows, CancellationToken cancellationToken)
    {
        using var buffer = new OutputsBuffer();
        ResultRow[] all = [.. rows];
        await using var command = _source.CreateCommand(
            CommitColumns.Insert.Replace("ON CONFLICT (job_id) DO NOTHING", "", StringComparison.Ordinal));
        new CommitColumns(all, buffer.Encode(all)).AddTo(command.Parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new ResultRow?[rows.Count];
    }
}
