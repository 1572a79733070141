using Npgsql;

namespace Millrace.TestKit;

/// <summary>
/// One Postgres for all tests of an assembly (an assembly fixture), found or started when the first of them asks. Every test makes a
/// database of its own, so tests run side by side.
/// </summary>
public sealed class TestPostgres : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresAddress>> _address = new(() => PostgresAddress.FindAsync(CancellationToken.None));

    /// <summary>Makes an empty database, which ends with what is returned.</summary>
    /// <exception cref="TestServerException">There is no server.</exception>
    public async Task<TestDatabase> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        var address = await _address.Value.WaitAsync(cancellationToken);
        var database = new TestDatabase(address.ConnectionString, $"test_{Guid.NewGuid():N}");
        await database.CreateAsync(cancellationToken);
        return database;
    }

    /// <summary>Ends the server, where it was started here.</summary>
    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_address.IsValueCreated && _address.Value.IsCompletedSuccessfully && (await _address.Value).Server is { } server)
        {
            await server.DisposeAsync();
        }
    }
}
