using System.Data;
using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>The requests to cancel jobs: the function that takes them in, and what of them is recorded.</summary>
internal sealed class PostgresCancellations(PostgresSessions sessions)
{
    private const string Cancel = "SELECT job_id, status, committed_at FROM millrace.cancel($1)";

    private const string Snapshot = "SELECT pg_current_snapshot()::text";

    private const string Recent = """
        SELECT job_id, requested_by FROM millrace.cancellations WHERE requested_at > now() - $1 ORDER BY requested_at
        """;

    // What a database restored elsewhere has from its former life is of transactions that this server has yet to see.
    private const string New = """
        SELECT job_id, requested_by
        FROM millrace.cancellations
        WHERE requested_xact >= pg_snapshot_xmin($1::pg_snapshot)
          AND requested_xact < pg_snapshot_xmax(pg_current_snapshot())
          AND NOT pg_visible_in_snapshot(requested_xact, $1::pg_snapshot)
        """;

    private const string Find = "SELECT job_id FROM millrace.cancellations WHERE job_id = ANY ($1) AND requested_at > now() - $2";

    // Whatever there is to read, no more of it is held at once.
    private const int Portion = 1000;

    /// <inheritdoc cref="ICancellationStore.CancelAsync"/>
    public Task<IReadOnlyList<CancellationAnswer>> CancelAsync(
        IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken) => sessions.UseAsync<IReadOnlyList<CancellationAnswer>>(async connection =>
    {
        await using var command = new NpgsqlCommand(Cancel, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. jobIds] });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var answers = new List<CancellationAnswer>(jobIds.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            answers.Add(await reader.IsDBNullAsync(1, cancellationToken)
                ? new CancellationAnswer(reader.GetGuid(0), null, null)
                : new CancellationAnswer(reader.GetGuid(0), ResultColumns.Status(reader.GetString(1)), reader.GetFieldValue<DateTimeOffset>(2)));
        }

        return answers;
    }, cancellationToken);

    /// <inheritdoc cref="ICancellationStore.FindCancelledAsync"/>
    public Task<IReadOnlySet<Guid>> FindAsync(
        IReadOnlyCollection<Guid> jobIds, TimeSpan age, CancellationToken cancellationToken) => sessions.UseAsync<IReadOnlySet<Guid>>(async connection =>
    {
        await using var command = new NpgsqlCommand(Find, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. jobIds] });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(reader.GetGuid(0));
        }

        return found;
    }, cancellationToken);

    /// <summary>Tells the requests that are no older than this.</summary>
    /// <returns>Where to go on from, with <see cref="ReadNewAsync"/>.</returns>
    public async Task<string> ReadRecentAsync(TimeSpan age, ICancellationListener listener, CancellationToken cancellationToken) =>
        (await ReadAsync(Recent, new NpgsqlParameter<TimeSpan> { TypedValue = age }, listener, cancellationToken)).Position;

    /// <summary>Tells the requests that were not visible at a position yet.</summary>
    /// <returns>Where to go on from, and how many there were.</returns>
    public Task<(string Position, int Count)> ReadNewAsync(string position, ICancellationListener listener, CancellationToken cancellationToken) =>
        ReadAsync(New, new NpgsqlParameter<string> { TypedValue = position }, listener, cancellationToken);

    private Task<(string Position, int Count)> ReadAsync(
        string sql, NpgsqlParameter parameter, ICancellationListener listener, CancellationToken cancellationToken) => sessions.UseAsync(async connection =>
    {
        // The position is taken first: what becomes visible between the two is told now and once more, and none is missed.
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Snapshot));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { parameter } });
        await using var reader = await batch.ExecuteReaderAsync(CommandBehavior.Default, cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var position = reader.GetString(0);
        await reader.NextResultAsync(cancellationToken);
        var count = 0;
        var portion = new List<CancellationRequest>();
        while (await reader.ReadAsync(cancellationToken))
        {
            portion.Add(new CancellationRequest(reader.GetGuid(0), reader.GetString(1)));
            count++;
            if (portion.Count == Portion)
            {
                listener.Take(portion);
                portion = [];
            }
        }

        if (portion.Count > 0)
        {
            listener.Take(portion);
        }

        return (position, count);
    }, cancellationToken);
}
