using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>The table <c>millrace.suspects</c>.</summary>
internal sealed class PostgresSuspects(PostgresSessions sessions)
{
    // In one order: two workers that note overlapping jobs would wait for each other.
    private const string AccuseSql = """
        INSERT INTO millrace.suspects AS s (job_id, group_size, runs_alone)
        SELECT id, $2, CASE $2 WHEN 1 THEN 1 ELSE 0 END FROM unnest($1) AS id ORDER BY id
        ON CONFLICT (job_id) DO UPDATE
        SET group_size = excluded.group_size, runs_alone = s.runs_alone + excluded.runs_alone, noted_at = now()
        """;

    private const string AcquitSql = """
        WITH acquitted AS (SELECT job_id FROM millrace.suspects WHERE job_id = ANY ($1) ORDER BY job_id FOR UPDATE)
        DELETE FROM millrace.suspects AS s USING acquitted AS a WHERE s.job_id = a.job_id
        """;

    private const string FindSql = "SELECT group_size, runs_alone FROM millrace.suspects WHERE job_id = $1";

    /// <inheritdoc cref="IResultStore.AccuseAsync"/>
    public Task<int> AccuseAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken) => sessions.UseAsync(async connection =>
    {
        await using var command = new NpgsqlCommand(AccuseSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. jobIds] });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = jobIds.Count });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }, cancellationToken);

    /// <inheritdoc cref="IResultStore.AcquitAsync"/>
    public Task<int> AcquitAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken) => sessions.UseAsync(async connection =>
    {
        await using var command = new NpgsqlCommand(AcquitSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. jobIds] });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }, cancellationToken);

    /// <inheritdoc cref="IResultStore.FindSuspicionAsync"/>
    public Task<Suspicion?> FindAsync(Guid jobId, CancellationToken cancellationToken) => sessions.UseAsync<Suspicion?>(async connection =>
    {
        await using var command = new NpgsqlCommand(FindSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = jobId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new Suspicion(reader.GetInt32(0), reader.GetInt32(1)) : null;
    }, cancellationToken);
}
