using System.Net;
using System.Net.Sockets;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.LocalServices.Tests;

public sealed class LocalPostgresTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-local-tests-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Committed_rows_survive_a_crash_on_the_same_port()
    {
        await using var server = await Here.PostgresAsync(new LocalPostgresOptions());
        await ExecuteAsync(server.ConnectionString, "CREATE TABLE t (a int); INSERT INTO t VALUES (42)");

        await server.StopAsync(PostgresStop.Immediate);
        Assert.True(server.Exited.IsCompleted);
        await server.StartAgainAsync(Token);

        Assert.Equal(42, await ScalarAsync(server.ConnectionString, "SELECT a FROM t"));
    }

    [Fact]
    public async Task A_kept_folder_gives_the_next_server_its_databases()
    {
        Folders.OpenToAll(_folder);
        var options = new LocalPostgresOptions { Folder = Path.Combine(_folder, "kept"), Database = "mine" };
        await using (var first = await Here.PostgresAsync(options))
        {
            await ExecuteAsync(first.ConnectionString, "CREATE TABLE t (a int); INSERT INTO t VALUES (42)");
        }

        await using var second = await Here.PostgresAsync(options);

        Assert.Equal(42, await ScalarAsync(second.ConnectionString, "SELECT a FROM t"));
        Assert.Equal("mine", await ScalarAsync(second.ConnectionString, "SELECT current_database()::text"));
    }

    [Fact]
    public async Task A_folder_that_a_server_uses_is_refused_to_another()
    {
        Folders.OpenToAll(_folder);
        var options = new LocalPostgresOptions { Folder = Path.Combine(_folder, "used") };
        await using var server = await Here.PostgresAsync(options);

        var exception = await Assert.ThrowsAsync<LocalServiceException>(() => LocalPostgres.StartAsync(options, Token));

        Assert.Contains(options.Folder, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var exception = await Assert.ThrowsAsync<LocalServiceException>(() => Here.PostgresAsync(new LocalPostgresOptions { Port = port }));

        Assert.Contains($"port {port}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_postgres_refuses_is_quoted_from_its_log()
    {
        var options = new LocalPostgresOptions { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_connections"] = "none" } };

        var exception = await Assert.ThrowsAsync<LocalServiceException>(() => Here.PostgresAsync(options));

        Assert.Contains("max_connections", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_comes_in_without_a_password()
    {
        await using var server = await Here.PostgresAsync(new LocalPostgresOptions());
        var trusting = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "wrong" }.ToString();

        var exception = await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(trusting, "SELECT 1"));

        Assert.Equal(PostgresErrorCodes.InvalidPassword, exception.SqlState);
    }

    [Fact]
    public async Task A_workers_login_is_in_its_role_and_may_be_made_again()
    {
        await using var server = await Here.PostgresAsync(new LocalPostgresOptions());
        await ExecuteAsync(server.ConnectionString, "CREATE ROLE millrace_worker NOLOGIN");

        await server.MakeWorkerLoginAsync("worker \"1\"", Token);
        var login = await server.MakeWorkerLoginAsync("worker \"1\"", Token);

        Assert.Equal("worker \"1\"", await ScalarAsync(login, "SELECT current_user::text"));
        Assert.Equal(true, await ScalarAsync(login, "SELECT pg_has_role('millrace_worker', 'member')"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task ExecuteAsync(string connectionString, string sql) => await ScalarAsync(connectionString, sql);

    private static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }
}
