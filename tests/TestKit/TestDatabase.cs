using Npgsql;

namespace Millrace.TestKit;

/// <summary>A database that only one test uses. Its owner is the server's superuser.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly string _server;
    private readonly string? _tablespace;
    private readonly List<string> _logins = [];

    internal TestDatabase(string server, string name, string? tablespace = null)
    {
        _server = server;
        _tablespace = tablespace;
        Name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ToString();
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>How its owner reaches it.</summary>
    public string ConnectionString { get; }

    /// <summary>Makes a login that ends with the database, as a member of the roles.</summary>
    /// <param name="attributes">What follows LOGIN in CREATE ROLE, such as CREATEROLE.</param>
    /// <param name="roles">The roles.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How the login reaches the database.</returns>
    public async Task<string> CreateLoginAsync(string attributes, IReadOnlyList<string> roles, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(roles);
        var name = $"{Name}_{_logins.Count}";
        var password = Guid.NewGuid().ToString("N");
        await ExecuteAsync($"CREATE ROLE {name} LOGIN {attributes} PASSWORD '{password}'", cancellationToken);
        _logins.Add(name);
        foreach (var role in roles)
        {
            await ExecuteAsync($"GRANT {role} TO {name}", cancellationToken);
        }

        return new NpgsqlConnectionStringBuilder(ConnectionString) { Username = name, Password = password }.ToString();
    }

    /// <summary>Runs a statement as the owner.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Drops the database, whoever is connected, and its logins.</summary>
    public async ValueTask DisposeAsync()
    {
        await using (var connection = new NpgsqlConnection(ConnectionString))
        {
            NpgsqlConnection.ClearPool(connection);
        }

        await ExecuteOnServerAsync($"DROP DATABASE {Name} WITH (FORCE)", CancellationToken.None);
        foreach (var login in _logins)
        {
            await ExecuteOnServerAsync($"DROP ROLE {login}", CancellationToken.None);
        }
    }

    // template0 has no one connected to it, so that any number of tests may copy it at once.
    internal Task CreateAsync(CancellationToken cancellationToken) =>
        ExecuteOnServerAsync(
            $"CREATE DATABASE {Name} TEMPLATE template0 ENCODING 'UTF8'{(_tablespace is null ? "" : $" TABLESPACE {_tablespace}")}", cancellationToken);

    private async Task ExecuteOnServerAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
