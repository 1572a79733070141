using Millrace.TestKit;
using Npgsql;

namespace Millrace.Cli.Tests.Results;

public sealed class StoreCommandTests(TestPostgres postgres) : IDisposable
{
    private const long MigrationsLock = 0x6D_69_6C_6C_72_61_63_65;

    private readonly CliRun _cli = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_migration_says_who_keeps_its_lock_to_a_login_without_rights_too_and_ends_with_4()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await using var holder = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { ApplicationName = "a tool", Pooling = false }.ToString());
        await holder.OpenAsync(Token);
        await using var take = new NpgsqlCommand($"SELECT pg_advisory_lock({MigrationsLock})", holder);
        await take.ExecuteNonQueryAsync(Token);

        var outcome = await _cli.RunAsync("store", "migrate", "--store", await database.CreateLoginAsync("", [], Token), "--lock-timeout", "700ms");

        Assert.Equal(4, outcome.ExitCode);
        var lines = outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Matches($"waits for the lock of its migrations; it is held by pid {holder.ProcessID} of user '[^']+' \\(a tool\\)$", lines[0]);
        Assert.Matches($"^millrace: .* was not free within 0.7 s; it is held by pid {holder.ProcessID} of user '[^']+' \\(a tool\\)", lines[1]);
        Assert.Contains("--lock-timeout", lines[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1", 69, "refused")]
    [InlineData("Host=nowhere.invalid", 69, "cannot be resolved")]
    public async Task A_store_that_cannot_be_reached_is_told_in_words(string store, int exitCode, string reason)
    {
        var outcome = await _cli.RunAsync("store", "check", "--store", store);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Contains(reason, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_is_refused_is_a_fault_of_the_configuration()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var login = new NpgsqlConnectionStringBuilder(await database.CreateLoginAsync("", [], Token)) { Password = "topsecret" };

        var outcome = await _cli.RunAsync("store", "check", "--store", login.ToString());

        Assert.Equal(78, outcome.ExitCode);
        Assert.Contains("Check the user, the password", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", outcome.Error, StringComparison.Ordinal);
    }
}
