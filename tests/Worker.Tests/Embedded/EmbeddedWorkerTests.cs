using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Results;
using Millrace.Worker.Embedded;
using Millrace.Worker.Resilience;
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
        WriteLookup();
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
                Assert.Equal(10f * (i % 2), reply["outputs"]![0]!["data"]![0]!.GetValue<float>());
            }
        }

        Assert.Equal(Jobs, store.CommittedRows);
    }

    [Fact]
    public async Task A_store_that_only_a_person_can_mend_ends_the_worker_with_what_it_says()
    {
        WriteLookup();
        await using var store = new MemoryStore
        {
            Kind = _ => StoreFaultKind.NoRoom,
            OnCommit = _ => Task.FromException(new IOException("no room at all")),
        };
        await using var worker = await StartAsync(store);

        await worker.SendAsync("lookup", Lane.Interactive, "1", Request(0), Token);
        var fault = await Assert.ThrowsAsync<StoreFailedException>(() => worker.Ended.WaitAsync(s_patience, Token));

        Assert.Equal("no room at all", fault.Message);
    }

    [Fact]
    public async Task A_worker_whose_starter_was_cancelled_since_still_ends_with_what_the_store_says()
    {
        WriteLookup();
        await using var store = new MemoryStore
        {
            Kind = _ => StoreFaultKind.NoRoom,
            OnCommit = _ => Task.FromException(new IOException("no room at all")),
        };
        using var starter = new CancellationTokenSource();
        await using var worker = await StartAsync(store, starter.Token);
        await starter.CancelAsync();

        await worker.SendAsync("lookup", Lane.Interactive, "1", Request(0), Token);
        var fault = await Assert.ThrowsAsync<StoreFailedException>(() => worker.Ended.WaitAsync(s_patience, Token));

        Assert.Equal("no room at all", fault.Message);
    }

    [Fact]
    public async Task A_store_that_is_away_does_not_hold_up_the_end()
    {
        WriteLookup();
        var tried = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var store = new MemoryStore
        {
            Kind = _ => StoreFaultKind.Passing,
            OnCommit = _ =>
            {
                tried.TrySetResult();
                return Task.FromException(new IOException("locked"));
            },
        };
        var worker = await StartAsync(store);
        await worker.SendAsync("lookup", Lane.Interactive, "1", Request(0), Token);
        await tried.Task.WaitAsync(s_patience, Token);

        await worker.DisposeAsync().AsTask().WaitAsync(s_patience, Token);

        Assert.Empty(store.Rows);
    }

    private void WriteLookup() => _models.Write("lookup/1/model.onnx", OnnxGraph.FailingLookup().ToBytes());

    private Task<EmbeddedWorker> StartAsync(MemoryStore store, CancellationToken? token = null) => EmbeddedWorker.StartAsync(
        new EmbeddedWorkerOptions { ModelsDirectory = _models.Path, Store = store, OnReply = _ => ValueTask.CompletedTask }, token ?? Token);

    private static WireBody Request(long index) => new(
        Encoding.UTF8.GetBytes(
            $$"""{"id":"{{Guid.NewGuid()}}","inputs":[{"name":"x","shape":[1],"datatype":"INT64","data":[{{index}}]}]}"""),
        OipFormat.JsonContentType,
        HeaderLength: null);
}
