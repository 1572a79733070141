using Microsoft.Data.Sqlite;

namespace Millrace.Results.Sqlite;

/// <summary>
/// The one connection that writes, with its prepared statements: SQLite has one writer at a time anyway. For one caller at a time.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private const string MarkUndeliverableSql = """
        UPDATE results SET undeliverable_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'), undeliverable_reason = @reason
        WHERE job_id = @job_id AND undeliverable_at IS NULL
        """;

    // "WHERE true" tells SQLite's parser that ON belongs to no join.
    private const string AccuseSql = """
        INSERT INTO suspects (job_id, group_size, runs_alone)
        SELECT value, @size, iif(@size = 1, 1, 0) FROM json_each(@ids) WHERE true
        ON CONFLICT (job_id) DO UPDATE
        SET group_size = excluded.group_size, runs_alone = runs_alone + excluded.runs_alone, noted_at = excluded.noted_at
        """;

    private readonly SqliteConnection _connection;
    private readonly SqliteInsert _insert;
    private readonly SqliteCommand _find;

    public SqliteWriter(SqliteFile file)
    {
        _connection = file.OpenWriter();
        _insert = new SqliteInsert(_connection);
        _find = _connection.CreateCommand();
        _find.CommandText = $"SELECT {ResultColumns.Names} FROM results WHERE job_id = @job_id";
        _find.Parameters.Add("@job_id", SqliteType.Text);
    }

    /// <inheritdoc cref="IResultStore.CommitAsync"/>
    public IReadOnlyList<ResultRow?> Commit(IReadOnlyList<ResultRow> rows)
    {
        var earlier = new ResultRow?[rows.Count];
        using var transaction = _connection.BeginTransaction(deferred: false);
        _insert.Begin(transaction);
        _find.Transaction = transaction;
        for (var i = 0; i < rows.Count; i++)
        {
            if (!_insert.TryInsert(rows[i]))
            {
                earlier[i] = Find(rows[i].JobId);
            }
        }

        transaction.Commit();
        return earlier;
    }

    /// <inheritdoc cref="IResultStore.MarkUndeliverableAsync"/>
    public void MarkUndeliverable(IReadOnlyCollection<UndeliverableReply> replies)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        using var command = _connection.CreateCommand();
        command.CommandText = MarkUndeliverableSql;
        var jobId = command.Parameters.Add("@job_id", SqliteType.Text);
        var reason = command.Parameters.Add("@reason", SqliteType.Text);
        foreach (var reply in replies)
        {
            (jobId.Value, reason.Value) = (reply.JobId.ToString(), reply.Reason);
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    /// <inheritdoc cref="IResultStore.AccuseAsync"/>
    public int Accuse(string idsJson, int count)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = AccuseSql;
        command.Parameters.AddWithValue("@ids", idsJson);
        command.Parameters.AddWithValue("@size", count);
        return command.ExecuteNonQuery();
    }

    /// <inheritdoc cref="IResultStore.AcquitAsync"/>
    public int Acquit(string idsJson)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "DELETE FROM suspects WHERE job_id IN (SELECT value FROM json_each(@ids))";
        command.Parameters.AddWithValue("@ids", idsJson);
        return command.ExecuteNonQuery();
    }

    /// <inheritdoc cref="IRunStore.BeginRunAsync"/>
    /// <returns>Whether nothing was kept of the run before.</returns>
    public bool BeginRun(RunOrigin origin)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = """
            INSERT INTO run_origins (run_id, model_name, model_version, details) VALUES (@run_id, @model_name, @model_version, @details)
            ON CONFLICT (run_id) DO NOTHING
            """;
        command.Parameters.AddWithValue("@run_id", origin.RunId.ToString());
        command.Parameters.AddWithValue("@model_name", origin.ModelName);
        command.Parameters.AddWithValue("@model_version", origin.ModelVersion);
        command.Parameters.AddWithValue("@details", RunOriginColumns.DetailsJson(origin));
        return command.ExecuteNonQuery() == 1;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _find.Dispose();
        _connection.Dispose();
    }

    private ResultRow Find(Guid jobId)
    {
        _find.Parameters[0].Value = jobId.ToString();
        using var reader = _find.ExecuteReader();
        reader.Read();
        return ResultColumns.Read(reader);
    }
}
