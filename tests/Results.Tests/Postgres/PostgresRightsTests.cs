using Millrace.LocalServices;
using Millrace.Results.Tests.Contract;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.Results.Tests.Postgres;

public sealed class PostgresRightsTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Roles =
        "CREATE ROLE millrace_worker NOLOGIN; CREATE ROLE millrace_reader NOLOGIN; CREATE ROLE millrace_operator NOLOGIN;";

    private TestDatabase? _database;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TestDatabase Database => _database!;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Token);
        await using var owner = ResultStores.OpenPostgres(Database.ConnectionString);
        await owner.MigrateAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_worker_does_all_that_a_worker_does()
    {
        await using var store = await OpenAsync("millrace_worker");
        var row = Rows.Succeeded("7");

        await store.MigrateAsync(Token);
        await store.CheckAsync(Token);
        await store.CommitAsync([row], Token);
        Assert.NotNull(Assert.Single(await store.CommitAsync([row], Token)));
        await store.MarkUndeliverableAsync([new(row.JobId, UndeliverableReason.NoQueue)], Token);

        Assert.NotNull(Assert.Single(await store.FindAsync([row.JobId], Token)).UndeliverableAt);
    }

    [Theory]
    [InlineData("UPDATE millrace.results SET status = 'failed'")]
    [InlineData("UPDATE millrace.results SET outputs = '{}'")]
    [InlineData("DELETE FROM millrace.results")]
    [InlineData("TRUNCATE millrace.results")]
    [InlineData("DROP TABLE millrace.results")]
    [InlineData("ALTER TABLE millrace.results ADD COLUMN more text")]
    [InlineData("CREATE TABLE millrace.more (a int)")]
    [InlineData("INSERT INTO millrace.schema_version (version, name) VALUES (2, 'x')")]
    [InlineData("SELECT * FROM millrace.cancel(ARRAY[]::uuid[])")]
    [InlineData("INSERT INTO millrace.cancellations (job_id, requested_by) VALUES (gen_random_uuid(), 'x')")]
    public async Task A_worker_may_not(string sql) => await AssertRefusedAsync("millrace_worker", sql);

    [Theory]
    [InlineData("INSERT INTO millrace.results SELECT * FROM millrace.results")]
    [InlineData("UPDATE millrace.results SET undeliverable_at = now()")]
    [InlineData("DELETE FROM millrace.results")]
    [InlineData("SELECT * FROM millrace.cancel(ARRAY[]::uuid[])")]
    public async Task A_reader_may_not(string sql) => await AssertRefusedAsync("millrace_reader", sql);

    [Theory]
    [InlineData("INSERT INTO millrace.cancellations (job_id, requested_by) VALUES (gen_random_uuid(), 'x')")]
    [InlineData("DELETE FROM millrace.cancellations")]
    [InlineData("SELECT * FROM millrace.results")]
    public async Task An_operator_may_not(string sql) => await AssertRefusedAsync("millrace_operator", sql);

    [Theory]
    [InlineData("SELECT count(*) FROM millrace.cancellations")]
    [InlineData("SELECT count(*) FROM millrace.results")]
    [InlineData("SELECT count(*) FROM millrace.rows")]
    [InlineData("SELECT count(*) FROM millrace.runs")]
    public async Task A_reader_may(string sql)
    {
        await using var source = NpgsqlDataSource.Create(await Database.CreateLoginAsync("", ["millrace_reader"], Token));
        await using var command = source.CreateCommand(sql);

        Assert.Equal(0L, await command.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task A_reader_who_would_work_is_told_the_grant()
    {
        await using var store = await OpenAsync("millrace_reader");

        var check = await Assert.ThrowsAsync<StoreSchemaException>(() => store.CheckAsync(Token));
        var commit = await Assert.ThrowsAsync<StoreSchemaException>(() => store.CommitAsync([Rows.Succeeded("7")], Token));

        Assert.Contains("lacks, in schema millrace, INSERT on results, UPDATE (undeliverable_at, undeliverable_reason) on results, SELECT, INSERT, UPDATE or DELETE on suspects.", check.Message, StringComparison.Ordinal);
        Assert.Contains($"GRANT millrace_worker TO \"{Database.Name}_0\";", check.Message, StringComparison.Ordinal);
        Assert.Contains("GRANT millrace_worker", commit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_was_given_the_rights_one_by_one_and_not_all_is_told_the_role()
    {
        var login = await Database.CreateLoginAsync("", [], Token);
        await Database.ExecuteAsync(
            $"""
            GRANT USAGE ON SCHEMA millrace TO {Database.Name}_0;
            GRANT SELECT ON millrace.schema_version, millrace.results TO {Database.Name}_0;
            GRANT INSERT, UPDATE ON millrace.results TO {Database.Name}_0;
            GRANT SELECT, INSERT, UPDATE, DELETE ON millrace.suspects TO {Database.Name}_0
            """,
            Token);
        await using var store = ResultStores.OpenPostgres(login);

        var check = await Assert.ThrowsAsync<StoreSchemaException>(() => store.CheckAsync(Token));

        Assert.Contains("lacks, in schema millrace, SELECT on cancellations. Let", check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_is_told_the_grant()
    {
        await using var store = ResultStores.OpenPostgres(await Database.CreateLoginAsync("", [], Token));

        var exception = await Assert.ThrowsAsync<StoreSchemaException>(() => store.CheckAsync(Token));

        Assert.Contains("GRANT millrace_worker", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_make_the_schema_is_told_what_that_takes()
    {
        await using var empty = await postgres.CreateDatabaseAsync(Token);
        await using var store = ResultStores.OpenPostgres(await empty.CreateLoginAsync("", [], Token));

        var exception = await Assert.ThrowsAsync<StoreSchemaException>(() => store.MigrateAsync(Token));

        Assert.Contains("GRANT CREATE ON DATABASE", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_make_the_roles_is_told_the_statements()
    {
        // Roles belong to the server, and the shared one has them by now.
        await using var server = await StartEmptyServerAsync();
        await using (var source = NpgsqlDataSource.Create(server.ConnectionString))
        {
            await using var command = source.CreateCommand("CREATE ROLE plain LOGIN PASSWORD 'plain'; GRANT CREATE ON DATABASE millrace TO plain");
            await command.ExecuteNonQueryAsync(Token);
        }

        var plain = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "plain", Password = "plain" }.ToString();
        await using var store = ResultStores.OpenPostgres(plain);

        var exception = await Assert.ThrowsAsync<StoreSchemaException>(() => store.MigrateAsync(Token));

        Assert.Contains("User 'plain'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(Roles, exception.Message, StringComparison.Ordinal);
        await using (var source = NpgsqlDataSource.Create(server.ConnectionString))
        {
            await using var command = source.CreateCommand(Roles);
            await command.ExecuteNonQueryAsync(Token);
        }

        await store.MigrateAsync(Token);
        await store.CheckAsync(Token);
    }

    private static async Task<LocalPostgres> StartEmptyServerAsync()
    {
        try
        {
            return await LocalPostgres.StartAsync(new LocalPostgresOptions(), Token);
        }
        catch (LocalServiceException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    private async Task<IResultStore> OpenAsync(string role) =>
        ResultStores.OpenPostgres(await Database.CreateLoginAsync("", [role], Token));

    private async Task AssertRefusedAsync(string role, string sql)
    {
        await using var source = NpgsqlDataSource.Create(await Database.CreateLoginAsync("", [role], Token));
        await using var command = source.CreateCommand(sql);

        var exception = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Token));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, exception.SqlState);
    }
}
