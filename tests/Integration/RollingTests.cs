using System.Text;
using System.Text.Json.Nodes;
using Millrace.TestKit;
using Millrace.Worker.Tests;
using Millrace.Worker.Tests.Onnx;
using RabbitMQ.Client;

namespace Millrace.Integration.Tests;

/// <summary>Workers of one queue with other versions of its model, while a new one is rolled out.</summary>
public sealed class RollingTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private readonly TempFolder _old = new();
    private readonly TempFolder _new = new();
    private Site _site = null!;
    private ForeignClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _old.Write("same/1/model.onnx", OnnxGraph.Identity(TensorDatatype.Fp32, -1).ToBytes());
        _new.Write("same/1/model.onnx", OnnxGraph.Identity(TensorDatatype.Fp32, -1).ToBytes());
        _new.Write("same/2/model.onnx", OnnxGraph.Identity(TensorDatatype.Fp32, -1).ToBytes());
        _site = await Site.CreateAsync(rabbitMq, postgres, Token);
        _client = await ForeignClient.ConnectAsync(_site.Broker);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _site.DisposeAsync();
        _old.Dispose();
        _new.Dispose();
    }

    [Fact]
    public async Task A_job_that_names_a_version_is_run_by_a_worker_that_has_it_whichever_gets_it_first()
    {
        await _site.StartWorkerAsync(Token, ("Models__Directory", _old.Path));
        var first = Enumerable.Range(0, 20).Select(_ => CallAsync("2")).ToArray();
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.retry.after.1s", Token) > 0);
        await _site.StartWorkerAsync(Token, ("Models__Directory", _new.Path));
        var replies = await Task.WhenAll([.. first, .. Enumerable.Range(0, 20).Select(_ => CallAsync("2"))]);
        var unpinned = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => CallAsync(null)));

        Assert.All(replies, reply => Assert.Equal(("succeeded", "2"), (reply.Status, reply.Json["model_version"]!.GetValue<string>())));
        Assert.All(unpinned, reply => Assert.Equal("succeeded", reply.Status));
        Assert.Equal(40L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results WHERE status = 'succeeded' AND model_version = '2' AND job_id = ANY($1)", Ids(replies)));
    }

    [Fact]
    public async Task A_version_that_nobody_has_in_the_stated_time_is_rejected()
    {
        await _site.StartWorkerAsync(Token, ("Models__Directory", _old.Path), ("Retries__VersionWait", "00:00:02"));
        await _site.StartWorkerAsync(Token, ("Models__Directory", _old.Path), ("Retries__VersionWait", "00:00:02"));

        var reply = await CallAsync("2");

        Assert.Equal(("rejected", "model_version_not_found"), (reply.Status, reply.Json["code"]!.GetValue<string>()));
        Assert.EndsWith("no other worker took it in 2 s either (Retries:VersionWait)", reply.Json["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_waits_for_a_version_can_be_cancelled()
    {
        await _site.StartWorkerAsync(Token, ("Models__Directory", _old.Path));
        var id = Guid.NewGuid();
        var reply = CallAsync("2", id);
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.retry.after.1s", Token) > 0);
        await _site.QueryAsync<object>("SELECT * FROM millrace.cancel(ARRAY[$1])", id);

        Assert.Equal("cancelled", (await reply).Status);
    }

    private static Guid[] Ids(IEnumerable<ForeignClient.Reply> replies) => [.. replies.Select(reply => Guid.Parse(reply.Json["id"]!.GetValue<string>()))];

    private Task<ForeignClient.Reply> CallAsync(string? version, Guid? id = null)
    {
        var request = new JsonObject
        {
            ["id"] = (id ?? Guid.NewGuid()).ToString(),
            ["model_version"] = version,
            ["inputs"] = new JsonArray(new JsonObject { ["name"] = "x", ["shape"] = new JsonArray(1), ["datatype"] = "FP32", ["data"] = new JsonArray(1) }),
        };
        if (version is null)
        {
            request.Remove("model_version");
        }

        return _client.CallAsync(Encoding.UTF8.GetBytes(request.ToJsonString()), new BasicProperties { ContentType = "application/json" }, "same");
    }
}
