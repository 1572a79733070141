using Npgsql;
using NpgsqlTypes;

namespace Millrace.Results.Postgres;

/// <summary>
/// Rows turned into one array for each column: a statement of constant text takes any number of them, so it stays prepared, and the server
/// plans it once. A COPY through a temporary table measured slower.
/// </summary>
internal sealed class CommitColumns(int count, ReadOnlyMemory<byte>[] outputs)
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

    private readonly Guid[] _jobId = new Guid[count];
    private readonly string[] _modelName = new string[count];
    private readonly string?[] _modelVersion = new string?[count];
    private readonly string[] _status = new string[count];
    private readonly string[] _lane = new string[count];
    private readonly string?[] _code = new string?[count];
    private readonly string?[] _error = new string?[count];
    private readonly int[] _rowCount = new int[count];
    private readonly Guid?[] _runId = new Guid?[count];
    private readonly long?[] _runRow = new long?[count];
    private readonly ReadOnlyMemory<byte>[] _payloadHash = new ReadOnlyMemory<byte>[count];
    private readonly string?[] _correlationId = new string?[count];
    private readonly string?[] _replyTo = new string?[count];
    private readonly int?[] _batchRows = new int?[count];
    private readonly string[] _worker = new string[count];
    private readonly DateTime[] _receivedAt = new DateTime[count];

    /// <summary>Puts a row at a place.</summary>
    public void Set(int index, ResultRow row)
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
        parameters.AddColumn(NpgsqlDbType.Json, outputs);
        parameters.AddColumn(NpgsqlDbType.Uuid, _runId);
        parameters.AddColumn(NpgsqlDbType.Bigint, _runRow);
        parameters.AddColumn(NpgsqlDbType.Bytea, _payloadHash);
        parameters.AddColumn(NpgsqlDbType.Text, _correlationId);
        parameters.AddColumn(NpgsqlDbType.Text, _replyTo);
        parameters.AddColumn(NpgsqlDbType.Integer, _batchRows);
        parameters.AddColumn(NpgsqlDbType.Text, _worker);
        parameters.AddColumn(NpgsqlDbType.TimestampTz, _receivedAt);
    }
}
