using Millrace.Results.Tests.Contract;
using Millrace.TestKit;
using Npgsql;

namespace Millrace.Results.Tests.Postgres;

/// <summary>Whatever keeps a connection from being opened is told in words, and never taken for a row's fault.</summary>
public sealed class ConnectingTests(PrivatePostgres postgres) : IClassFixture<PrivatePostgres>, IDisposable
{
    private readonly PostgresCertificates _ca = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _ca.Dispose();

    [Fact]
    public async Task A_certificate_of_a_CA_that_is_not_trusted_is_told_with_how_to_trust_it()
    {
        await postgres.Settings.UseCertificateAsync(_ca.For("127.0.0.1"), Token);

        var fault = await FaultAsync(new() { SslMode = SslMode.VerifyFull });

        Assert.Equal(StoreFaultKind.Setup, fault.Kind);
        Assert.Contains("CA that is not trusted", fault.Reason, StringComparison.Ordinal);
        Assert.Contains("Root Certificate=", fault.Reason, StringComparison.Ordinal);
        Assert.Contains("SSL_CERT_FILE", fault.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("expired", fault.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("another host", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_another_host_is_told_with_its_names()
    {
        await postgres.Settings.UseCertificateAsync(_ca.For("db.example", "10.1.2.3"), Token);

        var fault = await FaultAsync(new() { SslMode = SslMode.VerifyFull, RootCertificate = _ca.File });

        Assert.Equal(StoreFaultKind.Setup, fault.Kind);
        Assert.Contains("another host than '127.0.0.1': it names db.example, 10.1.2.3", fault.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("not trusted", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_certificate_is_told_with_its_time()
    {
        await postgres.Settings.UseCertificateAsync(_ca.ExpiredFor("127.0.0.1"), Token);

        var fault = await FaultAsync(new() { SslMode = SslMode.VerifyFull, RootCertificate = _ca.File });

        Assert.Equal(StoreFaultKind.Setup, fault.Kind);
        Assert.Contains("has expired", fault.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("not trusted", fault.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("another host", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_is_in_order_is_taken()
    {
        await postgres.Settings.UseCertificateAsync(_ca.For("127.0.0.1"), Token);
        await using var store = Open(new() { SslMode = SslMode.VerifyFull, RootCertificate = _ca.File });
        await store.MigrateAsync(Token);

        await store.CheckAsync(Token);
    }

    [Fact]
    public async Task A_root_certificate_that_is_not_there_is_for_people()
    {
        await postgres.Settings.UseCertificateAsync(_ca.For("127.0.0.1"), Token);

        Assert.Equal(StoreFaultKind.Setup, (await FaultAsync(new() { SslMode = SslMode.VerifyFull, RootCertificate = "/nowhere/ca.pem" })).Kind);
    }

    [Fact]
    public async Task A_server_without_TLS_where_TLS_is_required_is_no_fault_of_a_row()
    {
        await postgres.Settings.SetAsync("ssl", "off", Token);

        Assert.Equal(StoreFaultKind.Setup, (await FaultAsync(new() { SslMode = SslMode.Require })).Kind);
    }

    [Fact]
    public async Task A_database_that_takes_no_connections_may_take_some_later()
    {
        await postgres.Settings.ExecuteAsync("CREATE DATABASE closed ALLOW_CONNECTIONS false", Token);

        var fault = await FaultAsync(new() { Database = "closed" });

        Assert.Equal(StoreFaultKind.Passing, fault.Kind);
        Assert.Contains("takes no connections now", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_nobody_knows_may_be_known_later()
    {
        var fault = await FaultAsync(new() { Host = "nowhere.invalid" });

        Assert.Equal(StoreFaultKind.Passing, fault.Kind);
        Assert.Contains("cannot be resolved", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_option_that_the_server_does_not_know_is_for_people_and_no_data()
    {
        Assert.Equal(StoreFaultKind.Setup, (await FaultAsync(new() { Options = "-c statement_timeout=soon" })).Kind);
    }

    [Fact]
    public async Task Of_several_hosts_the_one_that_is_up_is_taken()
    {
        var up = $"127.0.0.1:{postgres.Server.Port}";
        foreach (var attributes in new[] { null, "any", "primary", "read-write" })
        {
            await using var store = Open(new() { Host = $"127.0.0.1:1,{up}", TargetSessionAttributes = attributes });
            await store.MigrateAsync(Token);
            await store.CheckAsync(Token);
            await store.CommitAsync([Rows.Succeeded("7")], Token);
        }
    }

    [Fact]
    public async Task Where_none_of_several_hosts_is_up_they_are_waited_for()
    {
        var fault = await FaultAsync(new() { Host = "127.0.0.1:1,127.0.0.1:2" });

        Assert.Equal(StoreFaultKind.Passing, fault.Kind);
        Assert.Contains("none of the hosts", fault.Reason, StringComparison.Ordinal);
        Assert.Contains("refused", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_one_that_took_writes_takes_none_any_more_the_other_one_is_found()
    {
        await using var other = new PrivatePostgres();
        await other.InitializeAsync();
        // One login for both, of which the other one takes no writes.
        foreach (var settings in new[] { postgres.Settings, other.Settings })
        {
            await settings.ExecuteAsync("CREATE ROLE twin SUPERUSER LOGIN PASSWORD 'twin'", Token);
        }

        await other.Settings.ExecuteAsync("ALTER ROLE twin SET default_transaction_read_only = on", Token);
        var first = new NpgsqlConnectionStringBuilder(postgres.Server.ConnectionString);
        var hosts = $"127.0.0.1:{postgres.Server.Port},127.0.0.1:{other.Server.Port}";
        var login = new NpgsqlConnectionStringBuilder { Username = "twin", Password = "twin", Database = first.Database };
        await using (var each = ResultStores.OpenPostgres(new NpgsqlConnectionStringBuilder(login.ToString()) { Host = "127.0.0.1", Port = other.Server.Port, Options = "-c default_transaction_read_only=off" }.ToString()))
        {
            await each.MigrateAsync(Token);
        }

        login.Host = hosts;
        await using var store = ResultStores.OpenPostgres(login.ToString());
        await store.MigrateAsync(Token);
        await store.CommitAsync([Rows.Succeeded("7")], Token);

        // The failover, with sessions in the pool that go on as they began.
        await postgres.Settings.ExecuteAsync("ALTER ROLE twin SET default_transaction_read_only = on", Token);
        await other.Settings.ExecuteAsync("ALTER ROLE twin SET default_transaction_read_only = off", Token);
        await postgres.Settings.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'twin'", Token);
        var row = Rows.Succeeded("8");
        await UntilTakenAsync(store, row);

        await using var there = ResultStores.OpenPostgres(new NpgsqlConnectionStringBuilder(login.ToString()) { Host = "127.0.0.1", Port = other.Server.Port }.ToString());
        Assert.Single(await there.FindAsync([row.JobId], Token));
        await postgres.Settings.ExecuteAsync("ALTER ROLE twin RESET default_transaction_read_only", Token);
    }

    [Fact]
    public async Task A_session_that_can_never_write_again_is_not_used_again()
    {
        await using var store = Open(new());
        await store.MigrateAsync(Token);
        var database = new NpgsqlConnectionStringBuilder(postgres.Server.ConnectionString).Database;
        await postgres.Settings.ExecuteAsync($"ALTER DATABASE {database} SET default_transaction_read_only = on", Token);
        await postgres.Settings.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()", Token);
        var row = Rows.Succeeded("7");
        Exception? fault;
        do
        {
            fault = await Record.ExceptionAsync(() => store.CommitAsync([row], Token));
        }
        while (fault is not PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction });

        Assert.Equal(StoreFaultKind.Passing, store.Explain(fault).Kind);
        await postgres.Settings.ExecuteAsync($"ALTER DATABASE {database} RESET default_transaction_read_only", Token);

        Assert.Equal([null], await store.CommitAsync([row], Token));
    }

    [Fact]
    public async Task A_migration_says_who_has_its_lock_and_gives_up()
    {
        await postgres.Settings.ExecuteAsync("CREATE DATABASE locked", Token);
        await using var holder = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(postgres.Server.ConnectionString) { Database = "locked", ApplicationName = "somebody's tool", Pooling = false }.ToString());
        await holder.OpenAsync(Token);
        await using (var take = new NpgsqlCommand("SELECT pg_advisory_lock(7883951835720016741)", holder))
        {
            await take.ExecuteNonQueryAsync(Token);
        }

        var told = new List<string>();
        await using var store = Open(new() { Database = "locked" });
        var fault = await Assert.ThrowsAsync<StoreLockedException>(
            () => store.MigrateAsync(new MigrationOptions { LockTimeout = TimeSpan.FromSeconds(0.7), OnWaiting = told.Add }, Token));

        Assert.Contains($"pid {holder.ProcessID} of user 'postgres' (somebody's tool)", Assert.Single(told), StringComparison.Ordinal);
        Assert.Contains($"pid {holder.ProcessID} of user 'postgres' (somebody's tool)", fault.Message, StringComparison.Ordinal);
        await holder.CloseAsync();
        await store.MigrateAsync(Token);
        await store.CheckAsync(Token);
    }

    private static async Task UntilTakenAsync(IResultStore store, ResultRow row)
    {
        while (true)
        {
            try
            {
                await store.CommitAsync([row], Token);
                return;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                Assert.Equal(StoreFaultKind.Passing, store.Explain(fault).Kind);
            }
        }
    }

    /// <summary>What a commit fails with, that is tried by these settings over the server's own.</summary>
    private async Task<StoreFault> FaultAsync(NpgsqlConnectionStringBuilder over)
    {
        await using var store = Open(over);
        var fault = await Assert.ThrowsAsync<StoreConnectionException>(() => store.CommitAsync([Rows.Succeeded("7")], Token));
        Assert.DoesNotContain(new NpgsqlConnectionStringBuilder(postgres.Server.ConnectionString).Password!, fault.ToString(), StringComparison.Ordinal);
        return store.Explain(fault);
    }

    private IResultStore Open(NpgsqlConnectionStringBuilder over)
    {
        var settings = new NpgsqlConnectionStringBuilder(postgres.Server.ConnectionString);
        foreach (var key in over.Keys.Cast<string>().Where(over.ShouldSerialize))
        {
            settings[key] = over[key];
        }

        return ResultStores.OpenPostgres(settings.ToString());
    }
}
