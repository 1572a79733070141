using Millrace.TestKit;

namespace Millrace.Integration.Tests;

/// <summary>A worker on a GPU, as far as a machine without one can show it: on WebGPU, over a Vulkan made of software.</summary>
public sealed class WebGpuTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private const int Jobs = 200;
    private const float Tolerance = 1e-5f;

    private readonly string _models = Directory.CreateTempSubdirectory("millrace-webgpu-tests-").FullName;
    private Site _site = null!;
    private ForeignClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        _client = await ForeignClient.ConnectAsync(_site.Broker);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _site.DisposeAsync();
        Directory.Delete(_models, recursive: true);
    }

    [Fact]
    public async Task Answers_as_on_the_CPU()
    {
        // ONNX Runtime crashes where two sessions on WebGPU share what they were made from, or run at once.
        Digits.CopyModel(_models, config => config["instances"] = 2);
        using var vulkan = await SwiftShader.UnpackAsync(TestContext.Current.CancellationToken);
        var expected = await ScoreAsync("cpu", []);
        var found = await ScoreAsync("webgpu", vulkan.Settings);

        for (var i = 0; i < Jobs; i++)
        {
            Assert.Equal(expected[i].Label, found[i].Label);
            Assert.All(
                expected[i].Probabilities.Zip(found[i].Probabilities),
                pair => Assert.InRange(pair.Second, pair.First - Tolerance, pair.First + Tolerance));
        }
    }

    [Fact]
    public Task Where_there_is_no_device_it_says_so_and_serves_on_the_next_provider() =>
        AssertServesOnTheCpuAsync(WebGpuWorker.Program, "webgpu: Failed to get a WebGPU adapter");

    [Fact]
    public Task Where_the_library_lacks_the_provider_it_says_so_and_serves_on_the_next_one() =>
        AssertServesOnTheCpuAsync("Millrace.Worker.dll", "webgpu: [ErrorCode:InvalidArgument] WebGPU execution provider is not supported in this build.");

    private async Task AssertServesOnTheCpuAsync(string program, string reason)
    {
        await using var worker = await _site.StartWorkerAsync(
            program,
            TestContext.Current.CancellationToken,
            ("VK_DRIVER_FILES", "/nowhere"),
            ("VK_ICD_FILENAMES", "/nowhere"),
            ("Models__ExecutionProviders", "webgpu,cpu"));

        Assert.Contains(
            worker.OutputLines, line => line.Contains($"Model digits runs on cpu; not available: {reason}", StringComparison.Ordinal));
        Assert.Equal("succeeded", (await _client.CallAsync(ForeignClient.Request(Guid.NewGuid().ToString(), Digits.Pixels(0)))).Status);
    }

    /// <summary>Scores all jobs, at once, by a worker on the provider.</summary>
    private async Task<(string Label, float[] Probabilities)[]> ScoreAsync(string provider, (string Key, string Value)[] settings)
    {
        await using var worker = await _site.StartWorkerAsync(
            WebGpuWorker.Program, TestContext.Current.CancellationToken, [.. settings, ("Models__ExecutionProviders", provider), ("Models__Directory", _models)]);
        Assert.Contains(worker.OutputLines, line => line.Contains($"Serving model digits version 1 on {provider}: 2 instance(s)", StringComparison.Ordinal));
        var replies = await Task.WhenAll(
            Enumerable.Range(0, Jobs).Select(row => _client.CallAsync(ForeignClient.Request(Guid.NewGuid().ToString(), Digits.Pixels(row)))));
        return [.. replies.Select(reply =>
        {
            Assert.Equal("succeeded", reply.Status);
            return (
                reply.Output("label")["data"]![0]!.GetValue<string>(),
                reply.Output("probabilities")["data"]!.AsArray().Select(value => value!.GetValue<float>()).ToArray());
        })];
    }
}
