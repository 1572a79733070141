using Microsoft.Data.Sqlite;
using Millrace.Contracts;

namespace Millrace.Results.Sqlite;

/// <summary>The prepared insert of one row. SQLite runs in this process: a call for each row costs no more than one for many.</summary>
internal sealed class SqliteInsert : IDisposable
{
    // The outputs come as UTF-8, and the cast only says so: no text is made of them on the way.
    private const string Sql = """
        INSERT INTO results
            (job_id, model_name, model_version, status, lane, code, error, row_count, outputs, run_id, run_row, payload_hash,
             correlation_id, reply_to, batch_rows, worker, received_at, row_errors)
        VALUES (@job_id, @model_name, @model_version, @status, @lane, @code, @error, @row_count, CAST(@outputs AS TEXT), @run_id, @run_row,
                @payload_hash, @correlation_id, @reply_to, @batch_rows, @worker, @received_at,
                CAST(@row_errors AS TEXT))
        ON CONFLICT (job_id) DO NOTHING
        """;

    private readonly SqliteCommand _command;
    private readonly OutputsBuffer _buffer = new();
    private readonly SqliteParameter _jobId;
    private readonly SqliteParameter _modelName;
    private readonly SqliteParameter _modelVersion;
    private readonly SqliteParameter _status;
    private readonly SqliteParameter _lane;
    private readonly SqliteParameter _code;
    private readonly SqliteParameter _error;
    private readonly SqliteParameter _rowCount;
    private readonly SqliteParameter _outputs;
    private readonly SqliteParameter _runId;
    private readonly SqliteParameter _runRow;
    private readonly SqliteParameter _payloadHash;
    private readonly SqliteParameter _correlationId;
    private readonly SqliteParameter _replyTo;
    private readonly SqliteParameter _batchRows;
    private readonly SqliteParameter _worker;
    private readonly SqliteParameter _receivedAt;
    private readonly SqliteParameter _rowErrors;

    public SqliteInsert(SqliteConnection connection)
    {
        _command = connection.CreateCommand();
        _command.CommandText = Sql;
        _jobId = Add("@job_id", SqliteType.Text);
        _modelName = Add("@model_name", SqliteType.Text);
        _modelVersion = Add("@model_version", SqliteType.Text);
        _status = Add("@status", SqliteType.Text);
        _lane = Add("@lane", SqliteType.Text);
        _code = Add("@code", SqliteType.Text);
        _error = Add("@error", SqliteType.Text);
        _rowCount = Add("@row_count", SqliteType.Integer);
        _outputs = Add("@outputs", SqliteType.Blob);
        _runId = Add("@run_id", SqliteType.Text);
        _runRow = Add("@run_row", SqliteType.Integer);
        _payloadHash = Add("@payload_hash", SqliteType.Blob);
        _correlationId = Add("@correlation_id", SqliteType.Text);
        _replyTo = Add("@reply_to", SqliteType.Text);
        _batchRows = Add("@batch_rows", SqliteType.Integer);
        _worker = Add("@worker", SqliteType.Text);
        _receivedAt = Add("@received_at", SqliteType.Text);
        _rowErrors = Add("@row_errors", SqliteType.Blob);
    }

    public void Begin(SqliteTransaction transaction) => _command.Transaction = transaction;

    /// <summary>Inserts the row; does nothing and returns false where the job has one already.</summary>
    public bool TryInsert(ResultRow row)
    {
        _jobId.Value = row.JobId.ToString();
        _modelName.Value = StorableText.Of(row.ModelName);
        _modelVersion.Value = OrNull(StorableText.OfOptional(row.ModelVersion));
        _status.Value = row.Status.ToWireName();
        _lane.Value = row.Lane.ToName();
        _code.Value = OrNull(StorableText.OfOptional(row.Code));
        _error.Value = OrNull(StorableText.OfOptional(row.Error));
        _rowCount.Value = row.RowCount;
        _outputs.Value = _buffer.Encode([row])[0].ToArray();
        _runId.Value = OrNull(row.RunId?.ToString());
        _runRow.Value = OrNull(row.RunRow);
        _payloadHash.Value = row.PayloadHash.ToArray();
        _correlationId.Value = OrNull(StorableText.OfOptional(row.CorrelationId));
        _replyTo.Value = OrNull(StorableText.OfOptional(row.ReplyTo));
        _batchRows.Value = OrNull(row.BatchRows);
        _worker.Value = StorableText.Of(row.Worker);
        _receivedAt.Value = SqliteTime.ToText(row.ReceivedAt);
        _rowErrors.Value = OrNull(StoredRowErrors.Encode(row.RowErrors));
        return _command.ExecuteNonQuery() > 0;
    }

    public void Dispose()
    {
        _command.Dispose();
        _buffer.Dispose();
    }

    private static object OrNull(object? value) => value ?? DBNull.Value;

    private SqliteParameter Add(string name, SqliteType type) => _command.Parameters.Add(name, type);
}
