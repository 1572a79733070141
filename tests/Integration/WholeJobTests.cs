using System.Text;
using Millrace.TestKit;
using Millrace.Worker.Tests;
using Millrace.Worker.Tests.Onnx;
using RabbitMQ.Client;

namespace Millrace.Integration.Tests;

/// <summary>A detector: [boxes of the whole batch, 3]. Its first dimension is open, and counts no rows.</summary>
public sealed class WholeJobTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private readonly TempFolder _models = new();
    private Site _site = null!;
    private ForeignClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _models.Write("boxes/1/model.onnx", new OnnxGraph()
            .Constant(Tensor.Create<float>("threshold", [], [0.5f]))
            .Input("x", TensorDatatype.Fp32, -1, 3)
            .Node("ReduceMax", ["x"], ["best"], ("axes", new long[] { 1 }), ("keepdims", 0))
            .Node("Greater", ["best", "threshold"], ["hit"])
            .Node("Compress", ["x", "hit"], ["found"], ("axis", 0))
            // Each is found twice.
            .Node("Concat", ["found", "found"], ["y"], ("axis", 0))
            .Output("y", TensorDatatype.Fp32, -1, 3)
            .ToBytes());
        _site = await Site.CreateAsync(rabbitMq, postgres, Token);
        _client = await ForeignClient.ConnectAsync(_site.Broker);
        await _site.StartWorkerAsync(Token, ("Models__Directory", _models.Path));
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _site.DisposeAsync();
        _models.Dispose();
    }

    /// <summary>Two images, and two boxes that are both the second's.</summary>
    [Fact]
    public async Task As_many_boxes_as_images_are_not_dealt_out_one_to_each()
    {
        var id = Guid.NewGuid();

        var reply = await CallAsync(id, "{}");

        Assert.Equal("[2,3]", reply.Output("y")["shape"]!.ToJsonString());
        Assert.Equal(
            "0: [9, 8, 7, 9, 8, 7]",
            await _site.QueryAsync<string>("SELECT string_agg(row_index || ': ' || (outputs->>'y'), '; ') FROM millrace.rows WHERE job_id = $1", id));
    }

    [Fact]
    public async Task Rows_that_cannot_be_told_apart_cannot_be_left_out()
    {
        var reply = await CallAsync(Guid.NewGuid(), """{"partial":true}""");

        Assert.Equal(("rejected", "partial_not_supported"), (reply.Status, reply.Json["code"]!.GetValue<string>()));
    }

    private Task<ForeignClient.Reply> CallAsync(Guid id, string parameters) => _client.CallAsync(
        Encoding.UTF8.GetBytes(
            $$"""{"id":"{{id}}","parameters":{{parameters}},"inputs":[{"name":"x","datatype":"FP32","shape":[2,3],"data":[0,0,0,9,8,7]}]}"""),
        new BasicProperties { ContentType = "application/json" },
        "boxes");
}
