using Npgsql;

namespace Millrace.Results.Postgres;

/// <summary>The requests to cancel jobs: the function that takes them in, and the channel by which workers hear of them.</summary>
internal sealed class PostgresCancellations(NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings)
{
    private const string Listen = "LISTEN millrace_cancellations";

    private const string Cancel = "SELECT job_id, status, committed_at FROM millrace.cancel($1)";

    // The newest, oldest first: who keeps only so many forgets from the front.
    private const string Recent = """
        SELECT job_id
        FROM (SELECT job_id, requested_at FROM millrace.cancellations
              WHERE requested_at > now() - $1 ORDER BY requested_at DESC LIMIT $2) AS recent
        ORDER BY requested_at
        """;

    // A connection that only listens would not notice that the server is gone: this asks it.
    private const int KeepAliveSeconds = 10;

    private readonly string _listening = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
    {
        Pooling = false,
        KeepAlive = KeepAliveSeconds,
        ApplicationName = $"{settings.ApplicationName} cancellations",
    }.ConnectionString;

    /// <inheritdoc cref="ICancellationStore.CancelAsync"/>
    public async Task<IReadOnlyList<CancellationAnswer>> CancelAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Cancel);
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
    }

    /// <inheritdoc cref="ICancellationStore.FollowCancellationsAsync"/>
    public async Task FollowAsync(TimeSpan age, int limit, Action<IReadOnlyCollection<Guid>> take, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(_listening);
        var heard = new List<Guid>();
        connection.Notification += (_, notification) =>
        {
            if (Guid.TryParseExact(notification.Payload, "D", out var id))
            {
                heard.Add(id);
            }
        };
        await connection.OpenAsync(cancellationToken);
        await using (var listen = new NpgsqlCommand(Listen, connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }

        // After LISTEN: a request between the two is heard of twice, none is missed.
        take(await ReadRecentAsync(connection, age, limit, cancellationToken));
        while (true)
        {
            if (heard.Count > 0)
            {
                take([.. heard]);
                heard.Clear();
            }

            await connection.WaitAsync(cancellationToken);
        }
    }

    private static async Task<IReadOnlyCollection<Guid>> ReadRecentAsync(
        NpgsqlConnection connection, TimeSpan age, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Recent, connection);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }
}
