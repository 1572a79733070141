using Millrace.LocalServices;
using Testcontainers.PostgreSql;

namespace Millrace.TestKit;

/// <summary>Where the tests' Postgres is.</summary>
/// <param name="ConnectionString">A user that may make databases and roles.</param>
/// <param name="Server">The server, where it was started for the tests and ends with them.</param>
internal sealed record PostgresAddress(string ConnectionString, IAsyncDisposable? Server)
{
    private const string Variable = "MILLRACE_TEST_POSTGRES";
    private const string Image = "postgres:17";

    // The databases end with the tests: they need not survive the machine.
    private static readonly LocalPostgresOptions s_options = new()
    {
        Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["fsync"] = "off", ["full_page_writes"] = "off" },
    };

    /// <summary>
    /// Takes the server that the environment names: who names one means it. Else starts one of this machine's programs, which takes seconds and
    /// no download, and is what the tests of faults run on. Else one in a container, which wants nothing installed but an engine.
    /// </summary>
    /// <exception cref="TestServerException">There is none of them.</exception>
    /// <exception cref="LocalServiceException">The program is here and does not start.</exception>
    public static async Task<PostgresAddress> FindAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            return new PostgresAddress(given, null);
        }

        if (ServerPrograms.MissingPostgres() is { } missing)
        {
            var container = await ServerContainers.StartAsync(
                () => new PostgreSqlBuilder(Image).Build(), missing, $"Or set {Variable} to a connection string of a superuser.", cancellationToken);
            return new PostgresAddress(container.GetConnectionString(), container);
        }

        var server = await LocalPostgres.StartAsync(s_options, cancellationToken);
        return new PostgresAddress(server.ConnectionString, server);
    }
}
