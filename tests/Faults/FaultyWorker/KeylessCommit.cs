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
        var columns = new CommitColumns(rows.Count);
        var buffers = new List<OutputsBuffer>();
        try
        {
            for (var i = 0; i < rows.Count; i++)
            {
                var buffer = new OutputsBuffer();
                buffers.Add(buffer);
                columns.Set(i, rows[i]);
                columns.SetOutputs(i, buffer.Slice(buffer.Append(rows[i])));
            }

            await using var command = _source.CreateCommand(
                CommitColumns.Insert.Replace("ON CONFLICT (job_id) DO NOTHING", "", StringComparison.Ordinal));
            columns.AddTo(command.Parameters);
            await command.ExecuteNonQueryAsync(cancellationToken);
            return new ResultRow?[rows.Count];
        }
        finally
        {
            buffers.ForEach(buffer => buffer.Dispose());
        }
    }
}
