using System.Text;
using System.Text.Json.Nodes;
using Millrace.TestKit;
using Millrace.Worker.Tests;
using Millrace.Worker.Tests.Onnx;
using RabbitMQ.Client;

namespace Millrace.Integration.Tests;

/// <summary>Jobs of many rows that want their good rows answered, from a client that knows the wire alone.</summary>
public sealed class PartialJobTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private readonly TempFolder _models = new();
    private Site _site = null!;
    private ForeignClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _models.Write("strict/1/model.onnx", OnnxGraph.Lookup().ToBytes()).Write("lookup/1/model.onnx", OnnxGraph.FailingLookup().ToBytes());
        _site = await Site.CreateAsync(rabbitMq, postgres, Token);
        _client = await ForeignClient.ConnectAsync(_site.Broker);
        await _site.StartWorkerAsync(Token, ("Models__Directory", _models.Path), ("Retries__Delays", "00:00:00.100"), ("Retries__Attempts", "2"));
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _site.DisposeAsync();
        _models.Dispose();
    }

    [Fact]
    public async Task Good_rows_are_answered_bad_ones_named_and_the_row_says_the_same()
    {
        var id = Guid.NewGuid();

        var reply = await CallAsync(id, "strict", """{"partial":true}""", "[1,99,2,1.5,3]");

        Assert.Equal("succeeded", reply.Status);
        Assert.Equal("[10,20,30]", reply.Output("y")["data"]!.ToJsonString());
        Assert.Equal("[3]", reply.Output("y")["shape"]!.ToJsonString());
        var errors = reply.Json["row_errors"]!.AsArray();
        Assert.Equal([(1, "inference_failed"), (3, "invalid_value")], errors.Select(error => (error!["row"]!.GetValue<int>(), error["code"]!.GetValue<string>())));
        Assert.Equal(
            "0 succeeded 10; 1 failed inference_failed; 2 succeeded 20; 3 rejected invalid_value; 4 succeeded 30",
            await _site.QueryAsync<string>(
                "SELECT string_agg(concat_ws(' ', row_index, status, code, outputs->>'y'), '; ' ORDER BY row_index) FROM millrace.rows WHERE job_id = $1", id));

        // The same job again is answered from its row; asked in another way it is another job.
        var again = await CallAsync(id, "strict", """{"partial":true}""", "[1,99,2,1.5,3]");
        Assert.Equal(reply.Body, again.Body);
        var other = await CallAsync(id, "strict", "{}", "[1,99,2,1.5,3]");
        Assert.Equal("rejected", other.Status);
    }

    [Fact]
    public async Task A_row_that_may_heal_is_tried_again_with_its_job_and_then_named()
    {
        var reply = await CallAsync(Guid.NewGuid(), "lookup", """{"partial":true}""", "[5,99,7]");

        Assert.Equal("[50,70]", reply.Output("y")["data"]!.ToJsonString());
        Assert.Equal(1, Assert.Single(reply.Json["row_errors"]!.AsArray())!["row"]!.GetValue<int>());
    }

    [Fact]
    public async Task Who_does_not_ask_gets_what_was_always_given()
    {
        var id = Guid.NewGuid();

        var good = await CallAsync(id, "strict", """{"other":true}""", "[1,2]");
        var bad = await CallAsync(Guid.NewGuid(), "strict", """{"partial":false}""", "[1,99]");

        Assert.Equal(
            $$"""{"model_name":"strict","model_version":"1","id":"{{id}}","outputs":[{"name":"y","shape":[2],"datatype":"FP32","data":[10,20]}]}""",
            Encoding.UTF8.GetString(good.Body));
        Assert.Equal("failed", bad.Status);
        Assert.Equal(["error", "code", "status", "model_name", "model_version", "id"], bad.Json.AsObject().Select(field => field.Key));
    }

    private Task<ForeignClient.Reply> CallAsync(Guid id, string model, string parameters, string data) => _client.CallAsync(
        Encoding.UTF8.GetBytes(
            $$"""
            {"id":"{{id}}","model_name":"{{model}}","parameters":{{parameters}},
             "inputs":[{"name":"x","datatype":"INT64","shape":[{{JsonNode.Parse(data)!.AsArray().Count}}],"data":{{data}}}]}
            """),
        new BasicProperties { ContentType = "application/json" },
        model);
}
