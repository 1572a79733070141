using Millrace.LocalServices;
using Millrace.TestKit;

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
        Assert.Contains("Comits", told, StringComparison.Ordinal);
        Assert.Contains("Store:ConnectionString: not a connection string", told, StringComparison.Ordinal);
        Assert.Contains("Models:Directory: the folder '/nowhere/models' does not exist", told, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", told + string.Join('\n', worker.OutputLines), StringComparison.Ordinal);
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

    private static Task<int> EndAsync(LocalWorker worker) =>
        worker.Exited.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
}
