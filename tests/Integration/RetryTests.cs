using System.Text;
using System.Text.Json.Nodes;
using Millrace.TestKit;
using Millrace.Worker.Tests;
using Millrace.Worker.Tests.Onnx;
using RabbitMQ.Client;

namespace Millrace.Integration.Tests;

/// <summary>Jobs that the model cannot run: their attempts, their rows, and their neighbours.</summary>
public sealed class RetryTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private const long Bad = 99;

    private readonly TempFolder _models = new();
    private Site _site = null!;
    private ForeignClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _models.Write("lookup/1/model.onnx", OnnxGraph.FailingLookup().ToBytes()).Write("strict/1/model.onnx", OnnxGraph.Lookup().ToBytes());
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
    public async Task A_job_that_makes_its_batch_throw_is_tried_again_over_the_broker_then_fails_alone_and_is_answered()
    {
        await _site.StartWorkerAsync(Token, Settings("00:00:00.1,00:00:00.2"));
        var jobs = Enumerable.Range(0, 320).Select(i => (Id: Guid.NewGuid(), Index: i % 32 == 7 ? Bad : i % 5, Lane: i % 2 == 0 ? "lookup" : "lookup.bulk")).ToList();
        var replies = await Task.WhenAll(jobs.Select(job => CallAsync(job.Id, job.Index, job.Lane)));

        foreach (var (job, reply) in jobs.Zip(replies))
        {
            var row = await _site.QueryAsync<string>("SELECT concat_ws(' ', status, code, lane) FROM millrace.results WHERE job_id = $1", job.Id);
            var lane = job.Lane == "lookup" ? "interactive" : "bulk";
            if (job.Index == Bad)
            {
                Assert.Equal(("failed", "inference_failed"), (reply.Status, reply.Json["code"]!.GetValue<string>()));
                Assert.Equal($"failed inference_failed {lane}", row);
                var error = await _site.QueryAsync<string>("SELECT error FROM millrace.results WHERE job_id = $1", job.Id);
                Assert.Matches("^attempt 1: .*ConstantOfShape.*; attempt 2: .*ConstantOfShape.*; attempt 3: .*ConstantOfShape[^;]*$", error);
                Assert.Equal(error, reply.Json["error"]!.GetValue<string>());
            }
            else
            {
                Assert.Equal("succeeded", reply.Status);
                Assert.Equal(10f * job.Index, reply.Output("y")["data"]![0]!.GetValue<float>());
                Assert.Equal($"succeeded {lane}", row);
            }
        }

        Assert.Equal((long)jobs.Count, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results"));
        foreach (var queue in new[] { "millrace.retry.after.100ms", "millrace.retry.after.200ms", "millrace.dead", "millrace.lookup", "millrace.lookup.bulk" })
        {
            await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync(queue, Token) == 0);
        }
    }

    [Fact]
    public async Task A_job_that_the_models_own_check_refuses_is_answered_at_once()
    {
        await _site.StartWorkerAsync(Token, Settings("00:10:00"));

        var replies = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => CallAsync(Guid.NewGuid(), i == 7 ? Bad : i % 5, "strict")));

        Assert.All(replies.Index(), reply => Assert.Equal(reply.Index == 7 ? "failed" : "succeeded", reply.Item.Status));
        Assert.Matches("^attempt 1: .*out of data bounds[^;]*$", replies[7].Json["error"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_job_waits_for_its_next_attempt_with_the_broker_and_not_with_a_worker()
    {
        var first = await _site.StartWorkerAsync(Token, Settings("00:00:05"));
        var id = Guid.NewGuid();
        var reply = CallAsync(id, Bad, "lookup");
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.retry.after.5s", Token) == 1);
        first.Kill();
        await first.Exited;
        await _site.StartWorkerAsync(Token, Settings("00:00:05", attempts: 2));

        Assert.Equal("failed", (await reply).Status);
        Assert.Matches("^attempt 1: [^;]*; attempt 2: [^;]*$", await _site.QueryAsync<string>("SELECT error FROM millrace.results WHERE job_id = $1", id));
    }

    [Fact]
    public async Task A_job_whose_retry_queue_was_deleted_fails_and_disturbs_no_other()
    {
        await _site.StartWorkerAsync(Token, Settings("00:10:00"));
        await using (var connection = await new ConnectionFactory { Uri = _site.Broker }.CreateConnectionAsync(Token))
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: Token))
        {
            await channel.ExchangeDeleteAsync("millrace.retry.after.600s", cancellationToken: Token);
        }

        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => CallAsync(Guid.NewGuid(), i == 50 ? Bad : 1, "lookup")));

        Assert.All(replies.Index(), reply => Assert.Equal(reply.Index == 50 ? "failed" : "succeeded", reply.Item.Status));
        Assert.EndsWith("; not tried again: 'millrace.retry.after.600s' is gone", replies[50].Json["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private (string, string)[] Settings(string delays, int attempts = 3) =>
    [
        ("Models__Directory", _models.Path),
        ("Retries__Delays", delays),
        ("Retries__Attempts", attempts.ToString(System.Globalization.CultureInfo.InvariantCulture)),
    ];

    private Task<ForeignClient.Reply> CallAsync(Guid id, long index, string routingKey)
    {
        var request = new JsonObject
        {
            ["id"] = id.ToString(),
            ["model_name"] = routingKey.Split('.')[0],
            ["inputs"] = new JsonArray(new JsonObject
            {
                ["name"] = "x",
                ["shape"] = new JsonArray(1),
                ["datatype"] = "INT64",
                ["data"] = new JsonArray(index),
            }),
        };
        return _client.CallAsync(
            Encoding.UTF8.GetBytes(request.ToJsonString()), new BasicProperties { ContentType = "application/json", Priority = 3 }, routingKey);
    }
}
