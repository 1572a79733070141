using Npgsql;
using NpgsqlTypes;

namespace Millrace.Results.Postgres;

/// <summary>The columns in which each job has a value of its own, as one array for each: the first parameters of every insert.</summary>
internal sealed class JobColumns
{
    /// <summary>Their names, in the order of the parameters.</summary>
    public const string Names = "job_id, row_count, outputs, run_row, payload_hash, correlation_id, reply_to, batch_rows, received_at";

    /// <summary>Their parameters.</summary>
    public const string Parameters = "$1, $2, $3, $4, $5, $6, $7, $8, $9";

    private readonly Guid[] _jobId;
    private readonly int[] _rowCount;
    private readonly ReadOnlyMemory<byte>[] _outputs;
    private readonly long?[] _runRow;
    private readonly ReadOnlyMemory<byte>[] _payloadHash;
    private readonly string?[] _correlationId;
    private readonly string?[] _replyTo;
    private readonly int?[] _batchRows;
    private readonly DateTime[] _receivedAt;

    /// <param name="rows">The rows.</param>
    /// <param name="outputs">Their outputs.</param>
    public JobColumns(ReadOnlySpan<ResultRow> rows, ReadOnlyMemory<byte>[] outputs)
    {
        _outputs = outputs;
        _jobId = new Guid[rows.Length];
        _rowCount = new int[rows.Length];
        _runRow = new long?[rows.Length];
        _payloadHash = new ReadOnlyMemory<byte>[rows.Length];
        _correlationId = new string?[rows.Length];
        _replyTo = new string?[rows.Length];
        _batchRows = new int?[rows.Length];
        _receivedAt = new DateTime[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            _jobId[i] = row.JobId;
            _rowCount[i] = row.RowCount;
            _runRow[i] = row.RunRow;
            _payloadHash[i] = row.PayloadHash;
            _correlationId[i] = StorableText.OfOptional(row.CorrelationId);
            _replyTo[i] = StorableText.OfOptional(row.ReplyTo);
            _batchRows[i] = row.BatchRows;
            _receivedAt[i] = row.ReceivedAt.UtcDateTime;
        }
    }

    /// <summary>Adds <see cref="Parameters"/>.</summary>
    public void AddTo(NpgsqlParameterCollection parameters)
    {
        parameters.AddColumn(NpgsqlDbType.Uuid, _jobId);
        parameters.AddColumn(NpgsqlDbType.Integer, _rowCount);
        parameters.AddColumn(NpgsqlDbType.Json, _outputs);
        parameters.AddColumn(NpgsqlDbType.Bigint, _runRow);
        parameters.AddColumn(NpgsqlDbType.Bytea, _payloadHash);
        parameters.AddColumn(NpgsqlDbType.Text, _correlationId);
        parameters.AddColumn(NpgsqlDbType.Text, _replyTo);
        parameters.AddColumn(NpgsqlDbType.Integer, _batchRows);
        parameters.AddColumn(NpgsqlDbType.TimestampTz, _receivedAt);
    }
}
