using Npgsql;
using NpgsqlTypes;

namespace Millrace.Results.Postgres;

/// <summary>The table <c>millrace.run_origins</c>.</summary>
internal sealed class PostgresRuns(PostgresSessions sessions)
{
    private const string InsertSql = """
        INSERT INTO millrace.run_origins (run_id, model_name, model_version, details) VALUES ($1, $2, $3, $4)
        ON CONFLICT (run_id) DO NOTHING
        """;

    private const string FindSql = $"SELECT {RunOriginColumns.Names} FROM millrace.run_origins WHERE run_id = $1";

    /// <inheritdoc cref="IRunStore.BeginRunAsync"/>
    public Task<RunOrigin> BeginAsync(RunOrigin origin, CancellationToken cancellationToken) => sessions.UseAsync(async connection =>
    {
        await using var command = new NpgsqlCommand(InsertSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = origin.RunId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = origin.ModelName });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = origin.ModelVersion });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = RunOriginColumns.DetailsJson(origin), NpgsqlDbType = NpgsqlDbType.Json });
        var isNew = await command.ExecuteNonQueryAsync(cancellationToken) == 1;
        return isNew ? origin : await ReadAsync(connection, origin.RunId, cancellationToken) ?? origin;
    }, cancellationToken);

    /// <inheritdoc cref="IRunStore.FindRunAsync"/>
    public Task<RunOrigin?> FindAsync(Guid runId, CancellationToken cancellationToken) =>
        sessions.UseAsync(connection => ReadAsync(connection, runId, cancellationToken), cancellationToken);

    private static async Task<RunOrigin?> ReadAsync(NpgsqlConnection connection, Guid runId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(FindSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = runId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? RunOriginColumns.Read(runId, reader) : null;
    }
}
