using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Millrace.Results.Sqlite;

/// <summary>
/// The embedded store: one SQLite file. SQLite's calls block, so they run on the thread pool; writes wait for each other here, where that
/// blocks no thread. A reader's first step, which may sort, comes with its opening; the others are short and stay where they are.
/// </summary>
internal sealed class SqliteResultStore(string path) : IResultStore, IRunStore
{
    private readonly SqliteFile _file = new(path);
    private readonly SemaphoreSlim _writing = new(1);
    private SqliteWriter? _writer;

    public string Description => _file.Description;

    public Task MigrateAsync(MigrationOptions options, CancellationToken cancellationToken) => RunAsync(() =>
    {
        new SqliteMigrator(_file).Migrate();
        return true;
    }, cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => RunAsync(() =>
    {
        using var connection = _file.OpenWriter();
        new SqliteMigrator(_file).RequireCurrent(connection);
        // Takes the write lock and gives it back: a file that may not be written is found out here.
        using var transaction = connection.BeginTransaction(deferred: false);
        return true;
    }, cancellationToken);

    public Task<IReadOnlyList<ResultRow?>> CommitAsync(IReadOnlyList<ResultRow> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return rows.Count == 0
            ? Task.FromResult<IReadOnlyList<ResultRow?>>([])
            : WriteAsync(writer => writer.Commit(rows), cancellationToken);
    }

    public Task<IReadOnlyList<ResultRow>> FindAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobIds);
        return RunAsync<IReadOnlyList<ResultRow>>(() =>
        {
            using var connection = _file.OpenReader();
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT {ResultColumns.Names} FROM results WHERE job_id IN (SELECT value FROM json_each(@ids))";
            command.Parameters.AddWithValue("@ids", ToJson(jobIds));
            using var reader = command.ExecuteReader();
            var rows = new List<ResultRow>(jobIds.Count);
            while (reader.Read())
            {
                rows.Add(ResultColumns.Read(reader));
            }

            return rows;
        }, cancellationToken);
    }

    public Task MarkUndeliverableAsync(IReadOnlyCollection<UndeliverableReply> replies, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(replies);
        return WriteAsync(
            writer =>
            {
                writer.MarkUndeliverable(replies);
                return true;
            },
            cancellationToken);
    }

    public Task AccuseAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobIds);
        return WriteAsync(writer => writer.Accuse(ToJson(jobIds), jobIds.Count), cancellationToken);
    }

    public Task AcquitAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobIds);
        return WriteAsync(writer => writer.Acquit(ToJson(jobIds)), cancellationToken);
    }

    public Task<Suspicion?> FindSuspicionAsync(Guid jobId, CancellationToken cancellationToken) => RunAsync<Suspicion?>(() =>
    {
        using var connection = _file.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT group_size, runs_alone FROM suspects WHERE job_id = @job_id";
        command.Parameters.AddWithValue("@job_id", jobId.ToString());
        using var reader = command.ExecuteReader();
        return reader.Read() ? new Suspicion(reader.GetInt32(0), reader.GetInt32(1)) : null;
    }, cancellationToken);

    public async IAsyncEnumerable<ResultRow> QueryAsync(ResultQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        using var connection = await RunAsync(_file.OpenReader, cancellationToken);
        using var command = connection.CreateCommand();
        command.CommandText = ResultSql.Select("results", query);
        Add(command, "@job_id", query.JobId?.ToString());
        Add(command, "@model_name", query.ModelName);
        Add(command, "@run_id", query.RunId?.ToString());
        Add(command, "@since", query.Since is { } since ? SqliteTime.ToText(since) : null);
        Add(command, "@until", query.Until is { } until ? SqliteTime.ToText(until) : null);
        Add(command, "@limit", query.Limit);
        using var reader = await RunAsync(command.ExecuteReader, cancellationToken);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return ResultColumns.Read(reader);
        }
    }

    public async IAsyncEnumerable<RunSummary> QueryRunsAsync(int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var connection = await RunAsync(_file.OpenReader, cancellationToken);
        using var command = connection.CreateCommand();
        command.CommandText = ResultSql.SelectRuns("runs");
        Add(command, "@limit", limit);
        using var reader = await RunAsync(command.ExecuteReader, cancellationToken);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return RunColumns.Read(reader);
        }
    }

    public Task<RunOrigin> BeginRunAsync(RunOrigin origin, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return WriteAsync(writer => writer.BeginRun(origin) ? origin : ReadRun(origin.RunId) ?? origin, cancellationToken);
    }

    public Task<RunOrigin?> FindRunAsync(Guid runId, CancellationToken cancellationToken) => RunAsync(() => ReadRun(runId), cancellationToken);

    public StoreFault Explain(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return SqliteFaults.Explain(failure, _file);
    }

    public async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync();
        _writer?.Dispose();
        _writer = null;
        _file.ClosePooled();
        _writing.Dispose();
    }

    private RunOrigin? ReadRun(Guid runId)
    {
        using var connection = _file.OpenReader();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {RunOriginColumns.Names} FROM run_origins WHERE run_id = @run_id";
        command.Parameters.AddWithValue("@run_id", runId.ToString());
        using var reader = command.ExecuteReader();
        return reader.Read() ? RunOriginColumns.Read(runId, reader) : null;
    }

    private static string ToJson(IReadOnlyCollection<Guid> ids) => JsonSerializer.Serialize(ids);

    private static void Add(SqliteCommand command, string name, object? value)
    {
        if (value is not null)
        {
            command.Parameters.AddWithValue(name, value);
        }
    }

    private async Task<T> WriteAsync<T>(Func<SqliteWriter, T> write, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            return await RunAsync(() => write(_writer ??= new SqliteWriter(_file)), cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    private Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                return call();
            }
            catch (SqliteException e) when (SqliteFaults.SchemaProblem(e, Description) is { } problem)
            {
                throw new StoreSchemaException(problem, e);
            }
        },
        cancellationToken);
}
