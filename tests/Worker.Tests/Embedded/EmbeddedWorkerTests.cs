using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Embedded;
using Millrace.Worker.Tests.Onnx;
using Xunit;

namespace Millrace.Worker.Tests.Embedded;

public sealed class EmbeddedWorkerTests : IDisposable
{
    private const int Jobs = 64;
    private const int Bad = 17;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TempFolder _models = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _models.Dispose();

    [Fact]
    public async Task A_job_that_the_model_cannot_run_has_its_attempts_without_a_broker_and_fails_alone()
    {
        // y = data[x]: an index out of range makes ONNX Runtime refuse the whole batch.
        _models.Write("lookup/1/model.onnx", new OnnxGraph()
            .Constant(Tensor.Create<float>("data", [2], [10, 20]))
            .Input("x", TensorDatatype.Int64, -1)
            .Node("Gather", ["data", "x"], ["y"])
            .Output("y", TensorDatatype.Fp32, -1)
            .ToBytes());
        var replies = new ConcurrentDictionary<string, JsonNode>(StringComparer.Ordinal);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var store = new MemoryStore();
        await using var worker = await EmbeddedWorker.StartAsync(
            new EmbeddedWorkerOptions
            {
                ModelsDirectory = _models.Path,
                Store = store,
                OnReply = reply =>
                {
                    replies[reply.CorrelationId!] = JsonNode.Parse(reply.Body.Bytes.Span)!;
                    if (replies.Count == Jobs)
                    {
                        all.TrySetResult();
                    }

                    return ValueTask.CompletedTask;
                },
            },
            Token);

        await Task.WhenAll(Enumerable.Range(0, Jobs).Select(i => worker.SendAsync(
            "lookup", i % 2 == 0 ? Lane.Interactive : Lane.Bulk, $"{i}", Request(i == Bad ? 99 : i % 2), Token)));
        await all.Task.WaitAsync(s_patience, Token);

        for (var i = 0; i < Jobs; i++)
        {
            var reply = replies[$"{i}"];
            if (i == Bad)
            {
                Assert.Equal(ErrorCode.InferenceFailed, reply["code"]!.GetValue<string>());
                Assert.Matches("^attempt 1: [^;]*; attempt 2: [^;]*; attempt 3: [^;]*$", reply["error"]!.GetValue<string>());
            }
            else
            {
                Assert.Equal(10f * (1 + i % 2), reply["outputs"]![0]!["data"]![0]!.GetValue<float>());
            }
        }

        Assert.Equal(Jobs, store.CommittedRows);
    }

    private static WireBody Request(long index) => new(
        Encoding.UTF8.GetBytes(
            $$"""{"id":"{{Guid.NewGuid()}}","inputs":[{"name":"x","shape":[1],"datatype":"INT64","data":[{{index}}]}]}"""),
        OipFormat.JsonContentType,
        HeaderLength: null);
}
