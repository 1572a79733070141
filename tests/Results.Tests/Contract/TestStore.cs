using System.Data.Common;

namespace Millrace.Results.Tests.Contract;

/// <summary>A migrated, empty store of one kind, and the way to it that a person takes: plain SQL.</summary>
public abstract class TestStore : IAsyncDisposable
{
    /// <summary>What stands before a table's name.</summary>
    public abstract string Schema { get; }

    /// <summary>The store, opened by its owner; another one with each call.</summary>
    public abstract IResultStore Open();

    /// <summary>SQL for whether the store's clock has passed a time.</summary>
    protected abstract string IsPast(DateTimeOffset time);

    /// <summary>A connection of its owner.</summary>
    protected abstract DbConnection Connect();

    /// <summary>The rows of a SELECT, each value as a text.</summary>
    public async Task<IReadOnlyList<string?[]>> SelectAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = Connect();
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<string?[]>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i).ToString())]);
        }

        return rows;
    }

    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = Connect();
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Waits until a row that is committed gets a later time.</summary>
    public async Task WaitForNextTimeAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        while ((await SelectAsync($"SELECT CASE WHEN {IsPast(time)} THEN 1 END", cancellationToken))[0][0] is null)
        {
            await Task.Yield();
        }
    }

    public abstract ValueTask DisposeAsync();
}
