using System.Net.Sockets;
using Millrace.Results.Postgres;
using Millrace.Results.Tests.Contract;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.Results.Tests.Postgres;

public sealed class PostgresResultStoreTests(TestPostgres postgres)
{
    private const string Secret = "s3cr3t";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_description_names_the_server_and_no_password()
    {
        await using var store = ResultStores.OpenPostgres($"Host=db.example;Port=5433;Database=results;Username=worker;Password={Secret}");

        Assert.Equal("Postgres at db.example:5433, database 'results'", store.Description);
    }

    [Theory]
    [InlineData($"postgres://worker:{Secret}@db.example/results")]
    [InlineData($"postgres://worker:{Secret}=a;b@db.example/results")]
    [InlineData($"Host=db.example;Pasword={Secret}")]
    [InlineData($"Host=db.example;Port={Secret}")]
    [InlineData($"Host=db.example;SSL Mode={Secret}")]
    [InlineData($"Username=worker;Password={Secret}")]
    [InlineData($"{Secret}")]
    [InlineData($"Host=db.example;Password=\"{Secret}")]
    public void A_connection_string_that_cannot_be_read_is_not_repeated(string connectionString)
    {
        var exception = Assert.Throws<ArgumentException>(() => ResultStores.OpenPostgres(connectionString));

        Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
        Assert.Contains("Host=…", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unreachable_server_is_transient_and_its_error_has_no_password()
    {
        await using var store = ResultStores.OpenPostgres($"Host=127.0.0.1;Port=1;Username=worker;Password={Secret};Database=x");

        var exception = await Assert.ThrowsAsync<NpgsqlException>(() => store.CommitAsync([Rows.Succeeded("7")], Token));

        Assert.True(store.IsTransient(exception));
        Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_not_transient_and_not_repeated()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var login = await database.CreateLoginAsync("", [], Token);
        await using var store = ResultStores.OpenPostgres(new NpgsqlConnectionStringBuilder(login) { Password = Secret }.ToString());

        var exception = await Assert.ThrowsAsync<StoreSchemaException>(() => store.CheckAsync(Token));

        Assert.False(store.IsTransient(exception));
        Assert.Contains("Check the user, the password", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_the_server_ends_is_transient_and_the_next_call_succeeds()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await using var store = ResultStores.OpenPostgres(database.ConnectionString);
        await store.MigrateAsync(Token);
        var row = Rows.Succeeded("7");

        await database.ExecuteAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", Token);
        var exception = await Record.ExceptionAsync(() => store.CommitAsync([row], Token));

        Assert.True(exception is null || store.IsTransient(exception), exception?.ToString());
        await store.CommitAsync([row], Token);
        Assert.Single(await store.FindAsync([row.JobId], Token));
    }

    [Theory]
    [InlineData("08006", true)]
    [InlineData("53300", true)]
    [InlineData("53100", true)]
    [InlineData("57P01", true)]
    [InlineData("57P02", true)]
    [InlineData("57P03", true)]
    [InlineData("57014", true)]
    [InlineData("40001", true)]
    [InlineData("40P01", true)]
    [InlineData("55P03", true)]
    [InlineData("25006", true)]
    [InlineData("25P03", true)]
    [InlineData("58030", true)]
    [InlineData("28P01", false)]
    [InlineData("3D000", false)]
    [InlineData("42P01", false)]
    [InlineData("42501", false)]
    [InlineData("22P02", false)]
    [InlineData("23505", false)]
    [InlineData("XX000", false)]
    public async Task Only_what_may_pass_by_itself_is_transient(string sqlState, bool expected)
    {
        await using var store = ResultStores.OpenPostgres("Host=db.example");

        Assert.Equal(expected, store.IsTransient(new PostgresException("", "ERROR", "ERROR", sqlState)));
    }

    [Fact]
    public async Task Trouble_on_the_way_is_transient_and_our_own_mistakes_are_not()
    {
        await using var store = ResultStores.OpenPostgres("Host=db.example");

        Assert.True(store.IsTransient(new NpgsqlException("", new IOException())));
        Assert.True(store.IsTransient(new NpgsqlException("", new SocketException())));
        Assert.True(store.IsTransient(new NpgsqlException("", new TimeoutException())));
        Assert.False(store.IsTransient(new NpgsqlException("", new System.Security.Authentication.AuthenticationException())));
        Assert.False(store.IsTransient(new InvalidOperationException()));
        Assert.False(store.IsTransient(new OperationCanceledException()));
        Assert.False(store.IsTransient(new StoreSchemaException("")));
    }

    [Fact]
    public async Task A_database_that_cannot_hold_every_text_is_refused()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var latin = database.Name + "_latin";
        await database.ExecuteAsync($"CREATE DATABASE {latin} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'", Token);
        try
        {
            await using var store = ResultStores.OpenPostgres(
                new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = latin }.ToString());

            var exception = await Assert.ThrowsAsync<StoreSchemaException>(() => store.MigrateAsync(Token));

            Assert.Contains("SQL_ASCII", exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            await database.ExecuteAsync($"DROP DATABASE {latin} WITH (FORCE)", Token);
        }
    }

    [Fact]
    public async Task Rows_too_large_for_one_statement_are_still_committed_together()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await using var store = ResultStores.OpenPostgres(database.ConnectionString);
        await store.MigrateAsync(Token);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        var commit = new PostgresCommit(source) { MaxStatementBytes = 1 };
        var rows = Enumerable.Range(0, 5).Select(i => Rows.Succeeded($"{i}")).OrderBy(row => row.JobId).ToArray();

        var inserted = await commit.InsertAsync(rows, Token);

        Assert.Equal(rows.Select(row => row.JobId).ToHashSet(), inserted);
        var found = await store.FindAsync([.. rows.Select(row => row.JobId)], Token);
        Assert.Equal(rows.Length, found.Count);
        Assert.Single(found.Select(row => row.CommittedAt).Distinct());
    }

    [Fact]
    public void Connections_are_set_up_for_many_small_commits_unless_the_connection_string_says_otherwise()
    {
        Assert.Equal(20, PostgresConnectionString.Parse("Host=db.example").MaxAutoPrepare);
        Assert.Equal(0, PostgresConnectionString.Parse("Host=db.example;max auto prepare=0").MaxAutoPrepare);
        Assert.True(PostgresConnectionString.Parse("Host=db.example").NoResetOnClose);
        Assert.False(PostgresConnectionString.Parse("Host=db.example;No Reset On Close=false").NoResetOnClose);
        Assert.Equal("mine", PostgresConnectionString.Parse("Host=db.example;Application Name=mine").ApplicationName);
    }
}
