using System.Text.Json;
using Millrace.Contracts.Wire;
using Millrace.LocalServices;
using Millrace.Results;
using Millrace.TestKit;
using RabbitMQ.Client;

namespace Millrace.Cli.Tests.DeadLetters;

/// <summary>A dead job's whole way, with a real worker: its row, what the commands say of it, and its second life.</summary>
public sealed class DeadCommandServedTests(TestRabbitMq rabbitMq, TestPostgres postgres)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dead_job_keeps_its_failed_row_and_succeeds_as_a_new_one()
    {
        await using var host = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await using var store = ResultStores.OpenPostgres(database.ConnectionString);
        await store.MigrateAsync(Token);
        await using var worker = LocalWorker.Start(new Dictionary<string, string>
        {
            ["Broker__Uri"] = host.Uri.AbsoluteUri,
            ["Store__ConnectionString"] = database.ConnectionString,
            ["Models__Directory"] = Path.Combine(Repository(), "models"),
        });
        await worker.Ready.WaitAsync(s_patience, Token);
        var job = new PredictionJob { Id = Guid.NewGuid(), ModelName = "digits", Inputs = [Tensor.Create<float>("image", [1, 64], new float[64])] };
        await PublishDeadAsync(host.Uri, job);
        var dead = await RowAsync(store, job.Id.Value);
        using var cli = new CliRun();
        cli.Set("Broker__Uri", host.Uri.AbsoluteUri);

        var listed = await cli.RunAsync("dead", "list", "--model", "digits", "--json");
        var kept = await cli.RunAsync("dead", "requeue");
        var sent = await cli.RunAsync("dead", "requeue", "--new-id", "--json");

        Assert.Equal((JobStatus.Failed, ErrorCode.DeliveryLimit), (dead.Status, dead.Code));
        Assert.Equal(1, JsonDocument.Parse(listed.Out).RootElement.GetProperty("messages").GetInt32());
        Assert.Equal((3, 0), (kept.ExitCode, sent.ExitCode));
        var again = await RowAsync(store, JsonDocument.Parse(sent.Out).RootElement.GetProperty("new_job_id").GetGuid());
        Assert.Equal(JobStatus.Succeeded, again.Status);
        Assert.Equal(dead.CommittedAt, (await RowAsync(store, job.Id.Value)).CommittedAt);
        Assert.Equal(0u, await host.CountMessagesAsync(BrokerNames.DeadLetters, Token));
    }

    /// <summary>As the broker does at the delivery limit; a real one would need a worker that dies again and again.</summary>
    private static async Task PublishDeadAsync(Uri broker, PredictionJob job)
    {
        await using var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync(Token);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), Token);
        var body = OipFormat.WriteBinaryJob(job);
        var properties = new BasicProperties
        {
            ContentType = body.ContentType,
            DeliveryMode = DeliveryModes.Persistent,
            Headers = new Dictionary<string, object?>
            {
                [OipFormat.HeaderLengthHeader] = body.HeaderLength,
                [BrokerDeath.Header] = new List<object?>
                {
                    new Dictionary<string, object?> { ["reason"] = "delivery_limit", ["queue"] = "millrace.digits", ["count"] = 1L, ["time"] = new AmqpTimestamp(1_700_000_000) },
                },
            },
        };
        await channel.BasicPublishAsync(BrokerNames.DeadLetters, "digits", mandatory: true, properties, body.Bytes, Token);
    }

    /// <summary>A job's row, as soon as the worker has committed it.</summary>
    private static async Task<ResultRow> RowAsync(IResultStore store, Guid id)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(s_patience);
        while (true)
        {
            if (await store.FindAsync([id], patience.Token) is [var row])
            {
                return row;
            }

            await Task.Delay(10, patience.Token);
        }
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder.FullName;
    }
}
