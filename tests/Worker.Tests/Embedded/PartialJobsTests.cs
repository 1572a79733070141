using System.Collections.Concurrent;
using System.Text;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Results;
using Millrace.Worker.Embedded;
using Millrace.Worker.Tests.Onnx;
using Xunit;

namespace Millrace.Worker.Tests.Embedded;

/// <summary>Jobs whose rows run on several sessions at once, and come together without their bad ones.</summary>
public sealed class PartialJobsTests : IDisposable
{
    private const int Jobs = 40;
    private const int Rows = 60;

    private static readonly string[] s_texts = ["zero", "one", "t\0wo", "", "four"];

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_row_of_every_job_is_answered_or_named_and_the_store_says_the_same()
    {
        _folder.Write("models/both/model.json", """{"instances":3,"max_batch_size":4}""").Write("models/both/1/model.onnx", Both.ToBytes());
        var replies = new ConcurrentDictionary<int, PredictionResult>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var store = ResultStores.OpenSqlite(Path.Combine(_folder.Path, "results.db"));
        await store.MigrateAsync(Token);
        await using var worker = await EmbeddedWorker.StartAsync(
            new EmbeddedWorkerOptions
            {
                ModelsDirectory = Path.Combine(_folder.Path, "models"),
                Store = store,
                OnReply = reply =>
                {
                    replies[int.Parse(reply.CorrelationId!, System.Globalization.CultureInfo.InvariantCulture)] = OipFormat.ReadResult(reply.Body.Bytes);
                    if (replies.Count == Jobs)
                    {
                        all.TrySetResult();
                    }

                    return ValueTask.CompletedTask;
                },
            },
            Token);

        // 99 is no index, 2 has a text that no store keeps, null is no number.
        string?[] values = ["0", "1", "2", "3", "4", "99", null];
        var random = new Random(13);
        var jobs = Enumerable.Range(0, Jobs).Select(job => Enumerable.Range(0, Rows).Select(_ => values[random.Next(job % 2 == 0 ? 7 : 2)]).ToArray()).ToArray();
        await Task.WhenAll(jobs.Index().Select(job => worker.SendAsync("both", Lane.Interactive, $"{job.Index}", Request(job.Item), Token)));
        await all.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);

        foreach (var (i, job) in jobs.Index())
        {
            var (good, reply) = (job.Where(value => value is "0" or "1" or "3" or "4").Select(value => value![0] - '0').ToArray(), replies[i]);
            Assert.Equal(JobStatus.Succeeded, reply.Status);
            Assert.Equal(good.Select(value => 10f * value), reply.Outputs[0].AsSpan<float>().ToArray());
            Assert.Equal(good.Select(value => s_texts[value]), reply.Outputs[1].ToStrings());
            Assert.Equal(
                job.Index().Where(row => row.Item is "2" or "99" or null).Select(row => (row.Index, CodeOf(row.Item))),
                reply.RowErrors.Select(error => (error.Row, error.Code)));
            var stored = Assert.Single(await store.FindAsync([reply.Id!.Value], Token));
            Assert.Equal(Rows, stored.RowCount);
            Assert.Equal(reply.Outputs[1].ToStrings(), stored.Outputs[1].ToStrings());
            Assert.Equal(reply.RowErrors, stored.RowErrors);
        }
    }

    private static OnnxGraph Both => new OnnxGraph()
        .Constant(Tensor.Create<float>("numbers", [5], [0, 10, 20, 30, 40]))
        .Constant(Tensor.Create("texts", [5], s_texts))
        .Input("x", TensorDatatype.Int64, -1)
        .Node("Gather", ["numbers", "x"], ["y"])
        .Node("Gather", ["texts", "x"], ["t"])
        .Output("y", TensorDatatype.Fp32, -1)
        .Output("t", TensorDatatype.Bytes, -1);

    private static string CodeOf(string? value) => value switch
    {
        "2" => ErrorCode.OutputInvalid,
        null => ErrorCode.InvalidValue,
        _ => ErrorCode.InferenceFailed,
    };

    private static WireBody Request(string?[] values) => new(
        Encoding.UTF8.GetBytes(
            $$"""
            {"id":"{{Guid.NewGuid()}}","parameters":{"partial":true},
             "inputs":[{"name":"x","shape":[{{values.Length}}],"datatype":"INT64","data":[{{string.Join(',', values.Select(value => value ?? "null"))}}]}]}
            """),
        OipFormat.JsonContentType,
        HeaderLength: null);
}
