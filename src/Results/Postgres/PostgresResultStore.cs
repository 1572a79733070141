using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;

namespace Millrace.Results.Postgres;

/// <summary>The served store: the schema <c>millrace</c> of a Postgres database.</summary>
internal sealed class PostgresResultStore : IResultStore, ICancellationStore, IRunStore
{
    private const string Table = "millrace.results";

    private const string Find = $"SELECT {ResultColumns.Names} FROM {Table} WHERE job_id = ANY ($1)";

    // Locked in one order, since two workers that mark overlapping jobs would wait for each other.
    private const string MarkUndeliverable = $"""
        WITH given AS (
            SELECT DISTINCT ON (job_id) job_id, reason FROM unnest($1, $2) WITH ORDINALITY AS g (job_id, reason, place) ORDER BY job_id, place
        ), marked AS (
            SELECT job_id FROM {Table} WHERE job_id = ANY ($1) AND undeliverable_at IS NULL ORDER BY job_id FOR UPDATE
        )
        UPDATE {Table} AS r SET undeliverable_at = now(), undeliverable_reason = given.reason
        FROM marked JOIN given USING (job_id) WHERE r.job_id = marked.job_id
        """;

    private readonly PostgresSessions _sessions;
    private readonly PostgresMigrator _migrator;
    private readonly PostgresCommit _commit;
    private readonly PostgresSuspects _suspects;
    private readonly PostgresRuns _runs;
    private readonly PostgresCancellations _cancellations;
    private readonly PostgresCancellationFeed _cancellationFeed;

    public PostgresResultStore(string connectionString)
    {
        _sessions = new PostgresSessions(connectionString);
        _migrator = new PostgresMigrator(_sessions);
        _commit = new PostgresCommit(_sessions);
        _suspects = new PostgresSuspects(_sessions);
        _runs = new PostgresRuns(_sessions);
        _cancellations = new PostgresCancellations(_sessions);
        _cancellationFeed = new PostgresCancellationFeed(_cancellations, _sessions);
    }

    public string Description => _sessions.Description;

    public async Task MigrateAsync(MigrationOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            await _migrator.MigrateAsync(options, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new StoreSchemaException(
                $"{Description}: {e.MessageText}. Migrations want the database's owner, or a user that was given: "
                + "GRANT CREATE ON DATABASE name TO user;",
                e);
        }
    }

    public Task CheckAsync(CancellationToken cancellationToken) => _sessions.UseAsync(async connection =>
    {
        var version = await PostgresMigrator.ReadVersionAsync(connection, cancellationToken);
        SchemaVersions.RequireCurrent(Description, version, _migrator.KnownVersion);
        await PostgresRights.RequireWorkerAsync(connection, Description, cancellationToken);
        return true;
    }, cancellationToken);

    public async Task<IReadOnlyList<ResultRow?>> CommitAsync(IReadOnlyList<ResultRow> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var earlier = new ResultRow?[rows.Count];
        if (rows.Count == 0)
        {
            return earlier;
        }

        var order = CommitOrder.Of(rows);
        var inserted = await _commit.InsertAsync(order.Distinct, cancellationToken);
        if ((inserted?.Count ?? order.Distinct.Length) == rows.Count)
        {
            return earlier;
        }

        var losers = order.WithoutFirst(inserted);
        var found = await FindAsync([.. losers.Select(i => rows[i].JobId).Distinct()], cancellationToken);
        var byId = found.ToDictionary(row => row.JobId);
        foreach (var i in losers)
        {
            earlier[i] = byId.TryGetValue(rows[i].JobId, out var first)
                ? first
                : throw new InvalidOperationException($"The row of job {rows[i].JobId} was there and is gone: rows are deleted while workers commit.");
        }

        return earlier;
    }

    public async Task<IReadOnlyList<ResultRow>> FindAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobIds);
        await using var connection = await _sessions.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Find, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. jobIds] });
        await using var reader = await ReadAsync(command, cancellationToken);
        var rows = new List<ResultRow>(jobIds.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(ResultColumns.Read(reader));
        }

        return rows;
    }

    public Task MarkUndeliverableAsync(IReadOnlyCollection<UndeliverableReply> replies, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(replies);
        return _sessions.UseAsync(async connection =>
        {
            await using var command = new NpgsqlCommand(MarkUndeliverable, connection);
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. replies.Select(reply => reply.JobId)] });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. replies.Select(reply => reply.Reason)] });
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }, cancellationToken);
    }

    public Task AccuseAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken) =>
        _suspects.AccuseAsync(jobIds, cancellationToken);

    public Task AcquitAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken) =>
        _suspects.AcquitAsync(jobIds, cancellationToken);

    public Task<Suspicion?> FindSuspicionAsync(Guid jobId, CancellationToken cancellationToken) =>
        _suspects.FindAsync(jobId, cancellationToken);

    public async IAsyncEnumerable<ResultRow> QueryAsync(ResultQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        await using var connection = await _sessions.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(ResultSql.Select(Table, query), connection);
        Add(command, "job_id", NpgsqlDbType.Uuid, query.JobId);
        Add(command, "model_name", NpgsqlDbType.Text, query.ModelName);
        Add(command, "run_id", NpgsqlDbType.Uuid, query.RunId);
        Add(command, "since", NpgsqlDbType.TimestampTz, query.Since?.UtcDateTime);
        Add(command, "until", NpgsqlDbType.TimestampTz, query.Until?.UtcDateTime);
        Add(command, "limit", NpgsqlDbType.Integer, query.Limit);
        await using var reader = await ReadAsync(command, cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return ResultColumns.Read(reader);
        }
    }

    public async IAsyncEnumerable<RunSummary> QueryRunsAsync(int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await _sessions.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(ResultSql.SelectRuns("millrace.runs"), connection);
        Add(command, "limit", NpgsqlDbType.Integer, limit);
        await using var reader = await ReadAsync(command, cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return RunColumns.Read(reader);
        }
    }

    public Task<RunOrigin> BeginRunAsync(RunOrigin origin, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return _runs.BeginAsync(origin, cancellationToken);
    }

    public Task<RunOrigin?> FindRunAsync(Guid runId, CancellationToken cancellationToken) => _runs.FindAsync(runId, cancellationToken);

    public Task<IReadOnlyList<CancellationAnswer>> CancelAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobIds);
        return _cancellations.CancelAsync(jobIds, cancellationToken);
    }

    public Task FollowCancellationsAsync(
        TimeSpan age, TimeSpan pollEvery, ICancellationListener listener, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(listener);
        return _sessions.TranslatedAsync(async () =>
        {
            await _cancellationFeed.FollowAsync(age, pollEvery, listener, cancellationToken);
            return true;
        });
    }

    public Task<IReadOnlySet<Guid>> FindCancelledAsync(IReadOnlyCollection<Guid> jobIds, TimeSpan age, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobIds);
        return _cancellations.FindAsync(jobIds, age, cancellationToken);
    }

    public StoreFault Explain(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return PostgresFaults.Explain(failure, Description);
    }

    public ValueTask DisposeAsync() => _sessions.DisposeAsync();

    private static void Add(NpgsqlCommand command, string name, NpgsqlDbType type, object? value)
    {
        if (value is not null)
        {
            command.Parameters.Add(new NpgsqlParameter(name, type) { Value = value });
        }
    }

    private Task<NpgsqlDataReader> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken) =>
        _sessions.TranslatedAsync(() => command.ExecuteReaderAsync(cancellationToken));
}
