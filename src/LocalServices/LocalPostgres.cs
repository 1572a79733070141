using Npgsql;

namespace Millrace.LocalServices;

/// <summary>
/// A Postgres server of our own, on a loopback port, made from this machine's programs. It ends when this is disposed, and when this
/// process ends in whatever way.
/// </summary>
public sealed class LocalPostgres : IAsyncDisposable
{
    private LocalPostgres(PostgresServer server) => Server = server;

    /// <summary>How the owner, a superuser, reaches <see cref="LocalPostgresOptions.Database"/>. Holds a password.</summary>
    public string ConnectionString => Server.Connect(Server.Database);

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port => Server.Port;

    /// <summary>Ends when the server has ended.</summary>
    public Task Exited => Server.Process.Exited;

    internal PostgresServer Server { get; }

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <exception cref="LocalServiceException">The programs are missing, the port is taken or the server gave up.</exception>
    public static async Task<LocalPostgres> StartAsync(LocalPostgresOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        Programs.RequireLauncher();
        return new LocalPostgres(await PostgresServer.StartAsync(options, cancellationToken));
    }

    /// <summary>
    /// Makes a login in the role <c>millrace_worker</c>, which the store's migrations make, and gives its connection string. A login of
    /// that name gets a new password.
    /// </summary>
    public async Task<string> MakeWorkerLoginAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var password = Secrets.New();
        var quoted = '"' + name.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var exists = source.CreateCommand("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)");
        exists.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        var verb = await exists.ExecuteScalarAsync(cancellationToken) is true ? "ALTER" : "CREATE";
        // A role's name and password cannot be parameters. The name is quoted; the password is hexadecimal digits.
        await using var make = source.CreateCommand(
            $"{verb} ROLE {quoted} LOGIN PASSWORD '{password}'; GRANT millrace_worker TO {quoted}");
        await make.ExecuteNonQueryAsync(cancellationToken);
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Username = name, Password = password }.ToString();
    }

    /// <summary>Stops the server; deletes its folder where it was a temporary one.</summary>
    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
