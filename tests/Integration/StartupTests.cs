using Millrace.LocalServices;
using Millrace.Results;
using Millrace.TestKit;
using Npgsql;
using RabbitMQ.Client;

namespace Millrace.Integration.Tests;

/// <summary>What an operator sees of a worker that cannot start.</summary>
public sealed class StartupTests(TestRabbitMq rabbitMq, TestPostgres postgres)
{
    private const int ConfigurationError = 78;

    [Fact]
    public async Task Tells_all_configuration_errors_at_once_and_no_secret()
    {
        await using var worker = LocalWorker.Start(new Dictionary<string, string>
        {
            ["Broker__Uri"] = "http://user:topsecret@host/",
            ["Broker__Prefetch"] = "0",
            ["Limits__MaxRank"] = "900",
            ["Delivery__Comits"] = "2",
            ["Delivery__MaxCommitRows"] = "many",
            ["Retries__Delays"] = "soon",
            ["Models__Directory"] = "/nowhere/models",
            ["Store__ConnectionString"] = "Host=db;Passwort=topsecret",
        });

        Assert.Equal(ConfigurationError, await EndAsync(worker));
        var told = string.Join('\n', worker.ErrorLines);
        Assert.Contains("Broker:Uri: not an AMQP address", told, StringComparison.Ordinal);
        Assert.Contains("Prefetch", told, StringComparison.Ordinal);
        Assert.Contains("MaxRank", told, StringComparison.Ordinal);
        Assert.Contains("Retries:Delays: expected 1 to 10 durations", told, StringComparison.Ordinal);
        Assert.Contains("Delivery:Comits: there is no such setting; did you mean 'Commits'? The settings of Delivery are ", told, StringComparison.Ordinal);
        Assert.Contains("Delivery:MaxCommitRows: expected a whole number, found 'many' (environment: Delivery__MaxCommitRows)", told, StringComparison.Ordinal);
        Assert.Contains("Store:ConnectionString: not a connection string", told, StringComparison.Ordinal);
        Assert.Contains("Models:Directory: the folder '/nowhere/models' does not exist", told, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", told + string.Join('\n', worker.OutputLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_that_is_none_is_told_beside_models_that_can_be_loaded()
    {
        await using var worker = LocalWorker.Start(new Dictionary<string, string>
        {
            ["Broker__Uri"] = "amqp://127.0.0.1:1",
            ["Limits__MaxOutputBytes"] = "1",
            ["Models__Directory"] = Repository.Folder("models"),
        });

        Assert.Equal(ConfigurationError, await EndAsync(worker));
        Assert.Contains("MaxOutputBytes", Assert.Single(worker.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_the_command_where_the_schema_is_missing()
    {
        await using var host = await rabbitMq.CreateVirtualHostAsync(TestContext.Current.CancellationToken);
        await using var database = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await using var worker = LocalWorker.Start(new Dictionary<string, string>
        {
            ["Broker__Uri"] = host.Uri.ToString(),
            ["Store__ConnectionString"] = database.ConnectionString,
            ["Models__Directory"] = Repository.Folder("models"),
        });

        Assert.Equal(ConfigurationError, await EndAsync(worker));
        Assert.Contains(worker.ErrorLines, line => line.Contains("millrace store migrate", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ends_where_a_queue_was_made_with_other_arguments_and_says_which()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        await using var connection = await new ConnectionFactory { Uri = site.Broker }.CreateConnectionAsync(TestContext.Current.CancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        await channel.QueueDeclareAsync(
            "millrace.digits", durable: true, exclusive: false, autoDelete: false, cancellationToken: TestContext.Current.CancellationToken);
        await using var worker = LocalWorker.Start(site.Settings());

        Assert.Equal(ConfigurationError, await EndAsync(worker));
        var told = string.Join('\n', worker.ErrorLines);
        Assert.Contains("'millrace.digits'", told, StringComparison.Ordinal);
        Assert.Contains("rabbitmqctl delete_queue", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_is_refused_leaves_nothing_at_the_broker()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        await using (var connection = await new ConnectionFactory { Uri = site.Broker }.CreateConnectionAsync(TestContext.Current.CancellationToken))
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            // The last of all that the worker declares.
            await channel.QueueDeclareAsync(
                "millrace.retry.after.5s", durable: true, exclusive: false, autoDelete: false, cancellationToken: TestContext.Current.CancellationToken);
        }

        await using var worker = LocalWorker.Start(site.Settings());

        Assert.Equal(ConfigurationError, await EndAsync(worker));
        Assert.Contains(worker.ErrorLines, line => line.Contains("'millrace.retry.after.5s'", StringComparison.Ordinal));
        foreach (var queue in new[] { "millrace.digits", "millrace.digits.bulk", "millrace.dead", "millrace.dead.rows", "millrace.retry.after.1s" })
        {
            Assert.Null(await site.Host.CountMessagesAsync(queue, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Ends_where_the_broker_knows_its_login_by_another_name_and_says_how_to_mend_it()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        await using var worker = LocalWorker.Start(site.Settings(("Broker__UserId", "somebody")));

        Assert.Equal(ConfigurationError, await EndAsync(worker));
        Assert.Contains(worker.ErrorLines, line => line.Contains("'somebody'", StringComparison.Ordinal) && line.Contains("Broker__UserId", StringComparison.Ordinal));
        Assert.Null(await site.Host.CountMessagesAsync("millrace.dead", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Ends_where_the_broker_refuses_the_password_and_does_not_repeat_it()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        var uri = new UriBuilder(site.Broker) { Password = "topsecret" }.Uri.ToString();
        await using var worker = LocalWorker.Start(site.Settings(("Broker__Uri", uri)));

        Assert.Equal(ConfigurationError, await EndAsync(worker));
        var told = string.Join('\n', worker.ErrorLines);
        Assert.Contains("refuses the user or its password", told, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", told + string.Join('\n', worker.OutputLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_where_there_is_no_such_virtual_host()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        var uri = new UriBuilder(site.Broker) { Path = "/nowhere" }.Uri.ToString();
        await using var worker = LocalWorker.Start(site.Settings(("Broker__Uri", uri)));

        Assert.Equal(ConfigurationError, await EndAsync(worker));
        Assert.Contains(worker.ErrorLines, line => line.Contains("nowhere", StringComparison.Ordinal) && line.Contains("add_vhost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ends_where_the_login_has_no_rights()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        await using var database = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        await using (var store = ResultStores.OpenPostgres(database.ConnectionString))
        {
            await store.MigrateAsync(TestContext.Current.CancellationToken);
        }

        var login = await database.CreateLoginAsync("", ["millrace_reader"], TestContext.Current.CancellationToken);
        await using var worker = LocalWorker.Start(site.Settings(("Store__ConnectionString", login)));

        Assert.Equal(ConfigurationError, await EndAsync(worker));
        Assert.Contains(worker.ErrorLines, line => line.Contains("GRANT millrace_worker TO", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ends_where_the_database_refuses_the_password_and_does_not_repeat_it()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        var login = new NpgsqlConnectionStringBuilder(site.WorkerLogin) { Password = "topsecret" }.ConnectionString;
        await using var worker = LocalWorker.Start(site.Settings(("Store__ConnectionString", login)));

        Assert.Equal(ConfigurationError, await EndAsync(worker));
        var told = string.Join('\n', worker.ErrorLines);
        Assert.Contains("the password and the database of the connection string", told, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", told + string.Join('\n', worker.OutputLines), StringComparison.Ordinal);
    }

    private static async Task<int> EndAsync(LocalWorker worker)
    {
        try
        {
            return await worker.Exited.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The worker still runs. It wrote: {string.Join('\n', worker.OutputLines.Concat(worker.ErrorLines))}");
            throw;
        }
    }
}
