using Millrace.LocalServices;
using Millrace.Results;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.Integration.Tests;

/// <summary>A worker whose store is set up wrongly ends at once and says how; one whose store may come yet waits and says for what.</summary>
public sealed class StoreStartTests(TestRabbitMq rabbitMq, TestPostgres postgres)
{
    private const int ConfigurationError = 78;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_of_the_store_that_is_misspelt_is_named()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, Token);
        await using var worker = LocalWorker.Start(site.Settings(("Store__ConectionString", "Host=db")));

        Assert.Equal(ConfigurationError, await worker.Exited.WaitAsync(s_patience, Token));
        Assert.Contains(worker.ErrorLines, line => line.Contains("ConectionString", StringComparison.Ordinal));
        Assert.DoesNotContain(worker.ErrorLines, line => line.Contains("Unhandled exception", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Tardet Session Attributes=primary")]
    [InlineData("Host=127.0.0.1;Target Session Attributes=primry")]
    [InlineData("Host=127.0.0.1,127.0.0.2;Multiplexing=true")]
    [InlineData("Host=127.0.0.1;SSL Mode=VerifyEverything")]
    public async Task A_connection_string_with_a_misspelt_key_or_value_is_told(string connectionString)
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, Token);
        await using var worker = LocalWorker.Start(site.Settings(("Store__ConnectionString", connectionString)));

        Assert.Equal(ConfigurationError, await worker.Exited.WaitAsync(s_patience, Token));
        Assert.StartsWith("millrace: Store:ConnectionString: not a connection string", Assert.Single(worker.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_told_in_one_line_with_how_to_trust_it()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, Token);
        await using var server = await StartPostgresAsync();
        using var ca = new PostgresCertificates();
        await new PostgresSettings(server.ConnectionString).UseCertificateAsync(ca.For("127.0.0.1"), Token);
        var store = new NpgsqlConnectionStringBuilder(server.ConnectionString) { SslMode = SslMode.VerifyFull }.ToString();
        await using var worker = LocalWorker.Start(site.Settings(("Store__ConnectionString", store)));

        Assert.Equal(ConfigurationError, await worker.Exited.WaitAsync(s_patience, Token));
        var told = Assert.Single(worker.ErrorLines);
        Assert.StartsWith("millrace: Postgres at 127.0.0.1:", told, StringComparison.Ordinal);
        Assert.Contains("CA that is not trusted", told, StringComparison.Ordinal);
        Assert.Contains("Root Certificate=FILE", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_CA_that_SSL_CERT_FILE_gives_is_trusted_and_another_hosts_certificate_is_still_told()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, Token);
        await using var server = await StartPostgresAsync();
        await using (var store = ResultStores.OpenPostgres(server.ConnectionString))
        {
            await store.MigrateAsync(Token);
        }

        using var ca = new PostgresCertificates();
        var settings = site.Settings(
            ("Store__ConnectionString", new NpgsqlConnectionStringBuilder(server.ConnectionString) { SslMode = SslMode.VerifyFull }.ToString()),
            ("SSL_CERT_FILE", ca.File));
        await new PostgresSettings(server.ConnectionString).UseCertificateAsync(ca.For("127.0.0.1"), Token);
        await using (var trusting = LocalWorker.Start(settings))
        {
            await trusting.Ready.WaitAsync(s_patience, Token);
            trusting.Terminate();
            Assert.Equal(0, await trusting.Exited.WaitAsync(s_patience, Token));
        }

        await new PostgresSettings(server.ConnectionString).UseCertificateAsync(ca.For("db.example"), Token);
        await using var worker = LocalWorker.Start(settings);

        Assert.Equal(ConfigurationError, await worker.Exited.WaitAsync(s_patience, Token));
        Assert.Contains("another host than '127.0.0.1': it names db.example", Assert.Single(worker.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_TLS_where_TLS_is_required_is_told_in_one_line()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, Token);
        await using var server = await StartPostgresAsync();
        var store = new NpgsqlConnectionStringBuilder(server.ConnectionString) { SslMode = SslMode.Require }.ToString();
        await using var worker = LocalWorker.Start(site.Settings(("Store__ConnectionString", store)));

        Assert.Equal(ConfigurationError, await worker.Exited.WaitAsync(s_patience, Token));
        Assert.StartsWith("millrace: Postgres at 127.0.0.1:", Assert.Single(worker.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=nowhere.invalid", "cannot be resolved")]
    [InlineData("Host=127.0.0.1;Port=1", "refused")]
    [InlineData("Host=127.0.0.1:1,127.0.0.1:2", "none of the hosts: the connection was refused")]
    public async Task A_store_that_may_come_yet_is_waited_for_and_the_worker_can_be_stopped(string connectionString, string reason)
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, Token);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var worker = LocalWorker.Start(
            site.Settings(("Store__ConnectionString", connectionString)),
            line =>
            {
                if (line.Contains("A call to the store", StringComparison.Ordinal) && line.Contains(reason, StringComparison.Ordinal))
                {
                    told.TrySetResult();
                }
            });

        await told.Task.WaitAsync(s_patience, Token);
        Assert.False(worker.Exited.IsCompleted);
        worker.Terminate();

        Assert.Equal(0, await worker.Exited.WaitAsync(s_patience, Token));
        Assert.Empty(worker.ErrorLines);
    }

    private static async Task<LocalPostgres> StartPostgresAsync()
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
}
