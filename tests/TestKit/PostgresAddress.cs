using Millrace.LocalServices;

namespace Millrace.TestKit;

/// <summary>Where the tests' Postgres is.</summary>
/// <param name="ConnectionString">A user that may make databases and roles.</param>
/// <param name="Server">The server, where it was started for the tests and ends with them.</param>
internal sealed record PostgresAddress(string ConnectionString, IAsyncDisposable? Server)
{
    private const string Variable = "MILLRACE_TEST_POSTGRES";

    // The databases end with the tests: they need not survive the machine.
    private static readonly LocalPostgresOptions s_options = new()
    {
        Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["fsync"] = "off", ["full_page_writes"] = "off" },
    };

    /// <summary>Looks in the environment, then among this machine's programs, then, where built in, for containers.</summary>
    /// <exception cref="TestServerException">Nothing was found.</exception>
    public static async Task<PostgresAddress> FindAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            return new PostgresAddress(given, null);
        }

        try
        {
            var server = await LocalPostgres.StartAsync(s_options, cancellationToken);
            return new PostgresAddress(server.ConnectionString, server);
        }
        catch (LocalServiceException e)
        {
#if TESTCONTAINERS
            _ = e;
            return await ContainerAsync(cancellationToken);
#else
            throw new TestServerException(
                $"{e.Message} Or set {Variable} to a connection string of a superuser, or build with -p:Testcontainers=true.", e);
#endif
        }
    }

#if TESTCONTAINERS
    private static async Task<PostgresAddress> ContainerAsync(CancellationToken cancellationToken)
    {
        var container = new Testcontainers.PostgreSql.PostgreSqlBuilder().WithImage("postgres:17").Build();
        await container.StartAsync(cancellationToken);
        return new PostgresAddress(container.GetConnectionString(), container);
    }
#endif
}
