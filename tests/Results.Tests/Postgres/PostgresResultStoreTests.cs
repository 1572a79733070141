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
    public async Task An_unreachable_server_is_waited_for_and_its_error_has_no_password()
    {
        await using var store = ResultStores.OpenPostgres($"Host=127.0.0.1;Port=1;Username=worker;Password={Secret};Database=x");

        var exception = await Assert.ThrowsAsync<StoreConnectionException>(() => store.CommitAsync([Rows.Succeeded("7")], Token));

        Assert.Equal(StoreFaultKind.Passing, store.Explain(exception).Kind);
        Assert.Contains("refused", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_for_people_and_not_repeated()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var login = await database.CreateLoginAsync("", [], Token);
        await using var store = ResultStores.OpenPostgres(new NpgsqlConnectionStringBuilder(login) { Password = Secret }.ToString());

        var exception = await Assert.ThrowsAsync<StoreConnectionException>(() => store.CheckAsync(Token));

        Assert.Equal(StoreFaultKind.Setup, store.Explain(exception).Kind);
        Assert.Contains("Check the user, the password", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_the_server_ends_may_pass_and_the_next_call_succeeds()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await using var store = ResultStores.OpenPostgres(database.ConnectionString);
        await store.MigrateAsync(Token);
        var row = Rows.Succeeded("7");

        await database.ExecuteAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", Token);
        var exception = await Record.ExceptionAsync(() => store.CommitAsync([row], Token));

        Assert.True(exception is null || store.Explain(exception).Kind == StoreFaultKind.Passing, exception?.ToString());
        await store.CommitAsync([row], Token);
        Assert.Single(await store.FindAsync([row.JobId], Token));
    }

    [Theory]
    [InlineData("08006", StoreFaultKind.Passing)]
    [InlineData("53300", StoreFaultKind.Passing)]
    [InlineData("53100", StoreFaultKind.NoRoom)]
    [InlineData("57P01", StoreFaultKind.Passing)]
    [InlineData("57P02", StoreFaultKind.Passing)]
    [InlineData("57P03", StoreFaultKind.Passing)]
    [InlineData("57014", StoreFaultKind.Passing)]
    [InlineData("40001", StoreFaultKind.Passing)]
    [InlineData("40P01", StoreFaultKind.Passing)]
    [InlineData("55P03", StoreFaultKind.Passing)]
    [InlineData("25006", StoreFaultKind.Passing)]
    [InlineData("25P03", StoreFaultKind.Passing)]
    [InlineData("58030", StoreFaultKind.NoRoom)]
    [InlineData("42P01", StoreFaultKind.Setup)]
    [InlineData("42501", StoreFaultKind.Setup)]
    [InlineData("22P02", StoreFaultKind.Data)]
    [InlineData("22021", StoreFaultKind.Data)]
    [InlineData("54000", StoreFaultKind.Data)]
    [InlineData("23514", StoreFaultKind.Data)]
    [InlineData("23505", StoreFaultKind.Unexplained)]
    [InlineData("0A000", StoreFaultKind.Unexplained)]
    [InlineData("XX000", StoreFaultKind.Unexplained)]
    public async Task Only_what_is_about_data_says_something_of_a_row(string sqlState, StoreFaultKind expected)
    {
        await using var store = ResultStores.OpenPostgres("Host=db.example");

        Assert.Equal(expected, store.Explain(new PostgresException("", "ERROR", "ERROR", sqlState)).Kind);
    }

    [Fact]
    public async Task Neither_trouble_on_the_way_nor_our_own_mistakes_are_about_data()
    {
        await using var store = ResultStores.OpenPostgres("Host=db.example");

        Assert.Equal(StoreFaultKind.Passing, store.Explain(new NpgsqlException("", new IOException())).Kind);
        Assert.Equal(StoreFaultKind.Passing, store.Explain(new NpgsqlException("", new SocketException())).Kind);
        Assert.Equal(StoreFaultKind.Passing, store.Explain(new NpgsqlException("", new TimeoutException())).Kind);
        Assert.Equal(StoreFaultKind.Unexplained, store.Explain(new InvalidOperationException()).Kind);
        Assert.Equal(StoreFaultKind.Unexplained, store.Explain(new ObjectDisposedException("connector")).Kind);
        Assert.Equal(StoreFaultKind.Setup, store.Explain(new StoreSchemaException("")).Kind);
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
        await using var sessions = new PostgresSessions(database.ConnectionString);
        var commit = new PostgresCommit(sessions) { MaxStatementBytes = 1 };
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
