using System.Text;
using System.Text.Json.Nodes;
using Millrace.TestKit;
using Millrace.Worker.Tests;
using Millrace.Worker.Tests.Onnx;
using RabbitMQ.Client;

namespace Millrace.Integration.Tests;

/// <summary>The way back from a queue of delayed retries: nobody's message stands in it for good.</summary>
public sealed class RetryReturnTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    // More than the broker has under way from one queue at a time.
    private const int Poison = 100;

    private readonly TempFolder _models = new();
    private Site _site = null!;
    private ForeignClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _models.Write("lookup/1/model.onnx", OnnxGraph.FailingLookup().ToBytes());
        _site = await Site.CreateAsync(rabbitMq, postgres, Token);
        _client = await ForeignClient.ConnectAsync(_site.Broker);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _site.DisposeAsync();
        _models.Dispose();
    }

    [Fact]
    public async Task What_no_queue_takes_goes_to_the_dead_letters_and_the_retries_behind_it_come_back()
    {
        await _site.StartWorkerAsync(Token, Settings("00:00:00.3"));
        await using (var connection = await new ConnectionFactory { Uri = _site.Broker }.CreateConnectionAsync(Token))
        await using (var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), Token))
        {
            // As replies of an early version came there.
            for (var i = 0; i < Poison; i++)
            {
                await channel.BasicPublishAsync("", "millrace.retry.after.300ms", mandatory: true, new BasicProperties(), "poison"u8.ToArray(), Token);
            }
        }

        var reply = await CallAsync(Guid.NewGuid());

        Assert.Equal("failed", reply.Status);
        Assert.Matches("^attempt 1: .*; attempt 2: .*; attempt 3: ", reply.Json["error"]!.GetValue<string>());
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.dead", Token) == Poison);
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.dead.rows", Token) == 0);
        Assert.Equal(1L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results"));
    }

    [Fact]
    public async Task A_job_whose_queue_is_deleted_while_it_waits_fails_with_a_row_and_a_reply()
    {
        var worker = await _site.StartWorkerAsync(Token, Settings("00:00:03"));
        var id = Guid.NewGuid();
        var reply = CallAsync(id);
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.retry.after.3s", Token) == 1);
        worker.Terminate();
        await worker.Exited.WaitAsync(TimeSpan.FromSeconds(30), Token);
        await using (var connection = await new ConnectionFactory { Uri = _site.Broker }.CreateConnectionAsync(Token))
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: Token))
        {
            await channel.QueueDeleteAsync("millrace.lookup", cancellationToken: Token);
        }

        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.dead", Token) == 1);
        await _site.StartWorkerAsync(Token, Settings("00:00:03"));

        Assert.Equal(("failed", "dead_lettered"), ((await reply).Status, (await reply).Json["code"]!.GetValue<string>()));
        Assert.Equal(
            "failed dead_lettered lookup interactive",
            await _site.QueryAsync<string>("SELECT concat_ws(' ', status, code, model_name, lane) FROM millrace.results WHERE job_id = $1", id));
    }

    [Fact]
    public async Task Attempts_that_a_caller_claims_are_not_counted_and_its_errors_stay_out_of_the_row()
    {
        var worker = await _site.StartWorkerAsync(Token, Settings("00:00:00.3"));
        var reply = await CallAsync(Guid.NewGuid(), new Dictionary<string, object?>
        {
            ["millrace-attempt"] = 3,
            ["millrace-errors"] = "attempt 1: so it says; attempt 2: so it says",
        });

        var error = reply.Json["error"]!.GetValue<string>();
        Assert.Matches("^attempt 1: [^;]*; attempt 2: [^;]*; attempt 3: [^;]*$", error);
        Assert.DoesNotContain("so it says", error, StringComparison.Ordinal);
        Assert.Single(worker.OutputLines, line => line.Contains("[520]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_retry_queue_that_gives_nothing_back_is_an_alarm_until_it_does_and_its_probes_are_no_dead_letters()
    {
        var settings = Settings("00:00:01").Append(("Retries__AlarmAfter", "00:00:01")).ToArray();
        var worker = await _site.StartWorkerAsync(Token, settings);
        // Seen to come back before.
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.retry.probes", Token) == 1);
        await using (var connection = await new ConnectionFactory { Uri = _site.Broker }.CreateConnectionAsync(Token))
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: Token))
        {
            await channel.QueueUnbindAsync("millrace.retry.after.1s", "millrace.retry.after.1s", "", cancellationToken: Token);
            await Eventually.TrueAsync(() => Task.FromResult(worker.OutputLines.Any(line =>
                line.Contains("[530]", StringComparison.Ordinal) && line.Contains("millrace.retry.after.1s", StringComparison.Ordinal))));
            await channel.QueueBindAsync("millrace.retry.after.1s", "millrace.retry.after.1s", "", cancellationToken: Token);
        }

        await Eventually.TrueAsync(() => Task.FromResult(worker.OutputLines.Any(line => line.Contains("[531]", StringComparison.Ordinal))));
        worker.Kill();
        await worker.Exited;
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.retry.after.1s", Token) == 0);
        Assert.Equal(0u, await _site.Host.CountMessagesAsync("millrace.dead", Token));
        Assert.DoesNotContain(worker.OutputLines, line => line.Contains("millrace.retry.after.5s", StringComparison.Ordinal) && line.Contains("[530]", StringComparison.Ordinal));
    }

    private (string, string)[] Settings(string delays) => [("Models__Directory", _models.Path), ("Retries__Delays", delays)];

    private Task<ForeignClient.Reply> CallAsync(Guid id, Dictionary<string, object?>? headers = null)
    {
        var request = new JsonObject
        {
            ["id"] = id.ToString(),
            ["inputs"] = new JsonArray(new JsonObject { ["name"] = "x", ["shape"] = new JsonArray(1), ["datatype"] = "INT64", ["data"] = new JsonArray(99) }),
        };
        return _client.CallAsync(
            Encoding.UTF8.GetBytes(request.ToJsonString()), new BasicProperties { ContentType = "application/json", Headers = headers }, "lookup");
    }
}
