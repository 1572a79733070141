using Millrace.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace Millrace.Results.Postgres;

/// <summary>
/// Rows turned into one array for each column: a statement of constant text takes any number of them, so it stays prepared, and the server
/// plans it once. A COPY through a temporary table measured slower.
/// </summary>
internal sealed class CommitColumns
{
    public const string Insert = $"""
        INSERT INTO millrace.results ({Names})
        SELECT {Names}
        FROM unnest({JobColumns.Parameters}, $10, $11, $12, $13, $14, $15, $16, $17, $18) AS new ({Names})
        ON CONFLICT (job_id) DO NOTHING
        RETURNING job_id
        """;

    private const string Names = $"{JobColumns.Names}, model_name, model_version, status, lane, code, error, run_id, worker, row_errors";

    private readonly JobColumns _ofJobs;
    private readonly string[] _modelName;
    private readonly string?[] _modelVersion;
    private readonly string[] _status;
    private readonly string[] _lane;
    private readonly string?[] _code;
    private readonly string?[] _error;
    private readonly Guid?[] _runId;
    private readonly string[] _worker;
    private readonly byte[]?[] _rowErrors;

    /// <param name="rows">The rows.</param>
    /// <param name="outputs">Their outputs.</param>
    public CommitColumns(ReadOnlySpan<ResultRow> rows, ReadOnlyMemory<byte>[] outputs)
    {
        _ofJobs = new JobColumns(rows, outputs);
        _modelName = new string[rows.Length];
        _modelVersion = new string?[rows.Length];
        _status = new string[rows.Length];
        _lane = new string[rows.Length];
        _code = new string?[rows.Length];
        _error = new string?[rows.Length];
        _runId = new Guid?[rows.Length];
        _worker = new string[rows.Length];
        _rowErrors = new byte[]?[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            _modelName[i] = StorableText.Of(row.ModelName);
            _modelVersion[i] = StorableText.OfOptional(row.ModelVersion);
            _status[i] = Contracts.JobStatuses.ToWireName(row.Status);
            _lane[i] = row.Lane.ToName();
            _code[i] = StorableText.OfOptional(row.Code);
            _error[i] = StorableText.OfOptional(row.Error);
            _runId[i] = row.RunId;
            _worker[i] = StorableText.Of(row.Worker);
            _rowErrors[i] = StoredRowErrors.Encode(row.RowErrors);
        }
    }

    /// <summary>The columns as the parameters of <see cref="Insert"/>.</summary>
    public void AddTo(NpgsqlParameterCollection parameters)
    {
        _ofJobs.AddTo(parameters);
        parameters.AddColumn(NpgsqlDbType.Text, _modelName);
        parameters.AddColumn(NpgsqlDbType.Text, _modelVersion);
        parameters.AddColumn(NpgsqlDbType.Text, _status);
        parameters.AddColumn(NpgsqlDbType.Text, _lane);
        parameters.AddColumn(NpgsqlDbType.Text, _code);
        parameters.AddColumn(NpgsqlDbType.Text, _error);
        parameters.AddColumn(NpgsqlDbType.Uuid, _runId);
        parameters.AddColumn(NpgsqlDbType.Text, _worker);
        parameters.AddColumn(NpgsqlDbType.Json, _rowErrors);
    }
}
