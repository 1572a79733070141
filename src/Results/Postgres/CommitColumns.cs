using Npgsql;
using NpgsqlTypes;

namespace Millrace.Results.Postgres;

/// <summary>
/// Rows turned into one array for each column: a statement of constant text takes any number of them, so it stays prepared, and the server
/// plans it once. A COPY through a temporary table measured slower.
/// </summary>
internal sealed class CommitColumns
{
    public const string Insert = """
        INSERT INTO millrace.results
            (job_id, model_name, model_version, status, lane, code, error, row_count, outputs, run_id, run_row, payload_hash,
             correlation_id, reply_to, batch_rows, worker, received_at)
        SELECT job_id, model_name, model_version, status, lane, code, error, row_count, outputs, run_id, run_row, payload_hash,
               correlation_id, reply_to, batch_rows, worker, received_at
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            AS new (job_id, model_name, model_version, status, lane, code, error, row_count, outputs, run_id, run_row, payload_hash,
                    correlation_id, reply_to, batch_rows, worker, received_at)
        ON CONFLICT (job_id) DO NOTHING
        RETURNING job_id
        """;

    private readonly Guid[] _jobId;
    private readonly string[] _modelName;
    private readonly string?[] _modelVersion;
    private readonly string[] _status;
    private readonly string[] _lane;
    private readonly string?[] _code;
    private readonly string?[] _error;
    private readonly int[] _rowCount;
    private readonly ReadOnlyMemory<byte>[] _outputs;
    private readonly Guid?[] _runId;
    private readonly long?[] _runRow;
    private readonly ReadOnlyMemory<byte>[] _payloadHash;
    private readonly string?[] _correlationId;
    private readonly string?[] _replyTo;
    private readonly int?[] _batchRows;
    private readonly string[] _worker;
    private readonly DateTime[] _receivedAt;

    /// <param name="rows">The rows.</param>
    /// <param name="outputs">Their outputs.</param>
    public CommitColumns(ReadOnlySpan<ResultRow> rows, ReadOnlyMemory<byte>[] outputs)
    {
        _outputs = outputs;
        _jobId = new Guid[rows.Length];
        _modelName = new string[rows.Length];
        _modelVersion = new string?[rows.Length];
        _status = new string[rows.Length];
        _lane = new string[rows.Length];
        _code = new string?[rows.Length];
        _error = new string?[rows.Length];
        _rowCount = new int[rows.Length];
        _runId = new Guid?[rows.Length];
        _runRow = new long?[rows.Length];
        _payloadHash = new ReadOnlyMemory<byte>[rows.Length];
        _correlationId = new string?[rows.Length];
        _replyTo = new string?[rows.Length];
        _batchRows = new int?[rows.Length];
        _worker = new string[rows.Length];
        _receivedAt = new DateTime[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            Set(i, rows[i]);
        }
    }

    /// <summary>The columns as the parameters of <see cref="Insert"/>.</summary>
    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.AddColumn(NpgsqlDbType.Uuid, _jobId);
        parameters.AddColumn(NpgsqlDbType.Text, _modelName);
        parameters.AddColumn(NpgsqlDbType.Text, _modelVersion);
        parameters.AddColumn(NpgsqlDbType.Text, _status);
        parameters.AddColumn(NpgsqlDbType.Text, _lane);
        parameters.AddColumn(NpgsqlDbType.Text, _code);
        parameters.AddColumn(NpgsqlDbType.Text, _error);
        parameters.AddColumn(NpgsqlDbType.Integer, _rowCount);
        parameters.AddColumn(NpgsqlDbType.Json, _outputs);
        parameters.AddColumn(NpgsqlDbType.Uuid, _runId);
        parameters.AddColumn(NpgsqlDbType.Bigint, _runRow);
        parameters.AddColumn(NpgsqlDbType.Bytea, _payloadHash);
        parameters.AddColumn(NpgsqlDbType.Text, _correlationId);
        parameters.AddColumn(NpgsqlDbType.Text, _replyTo);
        parameters.AddColumn(NpgsqlDbType.Integer, _batchRows);
        parameters.AddColumn(NpgsqlDbType.Text, _worker);
        parameters.AddColumn(NpgsqlDbType.TimestampTz, _receivedAt);
    }

    private void Set(int index, ResultRow row)
    {
        _jobId[index] = row.JobId;
        _modelName[index] = StorableText.Of(row.ModelName);
        _modelVersion[index] = StorableText.OfOptional(row.ModelVersion);
        _status[index] = Contracts.JobStatuses.ToWireName(row.Status);
        _lane[index] = row.Lane.ToStoredName();
        _code[index] = StorableText.OfOptional(row.Code);
        _error[index] = StorableText.OfOptional(row.Error);
        _rowCount[index] = row.RowCount;
        _runId[index] = row.RunId;
        _runRow[index] = row.RunRow;
        _payloadHash[index] = row.PayloadHash;
        _correlationId[index] = StorableText.OfOptional(row.CorrelationId);
        _replyTo[index] = StorableText.OfOptional(row.ReplyTo);
        _batchRows[index] = row.BatchRows;
        _worker[index] = StorableText.Of(row.Worker);
        _receivedAt[index] = row.ReceivedAt.UtcDateTime;
    }
}
