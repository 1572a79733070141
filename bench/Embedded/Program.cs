using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Millrace.Bench;
using Millrace.Bench.Embedded;
using Millrace.Bench.Measures;
using Millrace.Bench.Reporting;
using Millrace.Worker.Inference;
using Millrace.Worker.Inference.Sessions;

// Portions of jobs before the measured ones: see WarmUp of the harness.
const int WarmUps = 2;

EmbeddedWorkload[] workloads = [new("digits", 1, 40_000, 512), new("digits", 256, 2_000, 32), new("bench-conv", 1, 2_000, 64)];

var provider = new Option<string>("--provider") { Description = "The execution provider: cuda, tensorrt, webgpu or cpu.", DefaultValueFactory = _ => "cuda" };
var share = new Option<double>("--share") { Description = "Of the jobs, for a slow device: 0.1 runs a tenth.", DefaultValueFactory = _ => 1 };
var output = new Option<string?>("--out") { Description = "The file that the figures go to, as JSON." };
var root = new RootCommand("Measures the embedded worker on an execution provider, and holds its outputs against the CPU's.") { provider, share, output };
root.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(provider)!, parsed.GetValue(share), parsed.GetValue(output), cancellationToken));
return await root.Parse(args).InvokeAsync();

async Task<int> RunAsync(string chosen, double part, string? file, CancellationToken cancellationToken)
{
    OnnxRuntimeEnvironment.EnsureCreated();
    var device = DeviceOf(chosen);
    Console.WriteLine($"{chosen} on {device}; {Machine.This}");
    var figures = new List<object>();
    try
    {
        foreach (var full in workloads)
        {
            var workload = full with { Jobs = Math.Max((int)(full.Jobs * part), full.InFlight) };
            var expected = await OutputsAsync(workload, "cpu", cancellationToken);
            await using var run = await EmbeddedRun.StartAsync(workload, chosen, cancellationToken);
            for (var i = 0; i < WarmUps; i++)
            {
                await run.MeasureAsync(workload.Jobs, cancellationToken);
            }

            var (latencies, seconds) = await run.MeasureAsync(workload.Jobs, cancellationToken);
            var rows = workload.Jobs * workload.Rows / seconds;
            var batch = await run.ReadMeanBatchAsync(cancellationToken);
            var difference = Difference.Between(expected, run.Outputs);
            var bare = BareLoop.RowsPerSecond(workload.Model, 1, chosen);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{workload.Title}: {workload.Jobs / seconds:N0} jobs/s, {rows:N0} rows/s, {rows / bare:0.00} of a bare loop; p50 {latencies.Milliseconds(50):0.0} ms, p99 {latencies.Milliseconds(99):0.0} ms; {batch:0.0} rows a batch; against the CPU: {difference.Largest:0.0e+0} at most, {difference.OthersDiffer} other output(s) differ"));
            figures.Add(new
            {
                workload.Title,
                workload.Jobs,
                JobsPerSecond = workload.Jobs / seconds,
                RowsPerSecond = rows,
                BareLoopRowsPerSecond = bare,
                P50Milliseconds = latencies.Milliseconds(50),
                P99Milliseconds = latencies.Milliseconds(99),
                MeanBatchRows = batch,
                LargestDifferenceToCpu = difference.Largest,
                OtherOutputsThatDiffer = difference.OthersDiffer,
            });
        }
    }
    catch (Exception fault) when (fault is BenchException or ModelConfigurationException)
    {
        await Console.Error.WriteLineAsync($"bench: {fault.Message}");
        return 1;
    }

    if (file is not null)
    {
        var content = new { Date = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Provider = chosen, Device = device, Machine = Machine.This, Figures = figures };
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(content, ResultsFile.Json) + Environment.NewLine, cancellationToken);
    }

    return 0;
}

static async Task<IReadOnlyList<Millrace.Contracts.Tensor>?[]> OutputsAsync(EmbeddedWorkload workload, string provider, CancellationToken cancellationToken)
{
    await using var run = await EmbeddedRun.StartAsync(workload, provider, cancellationToken);
    await run.MeasureAsync(workload.InFlight * 2, cancellationToken);
    return run.Outputs;
}

// What the driver calls the device that the figures are of.
static string DeviceOf(string provider)
{
    if (provider is not ("cuda" or "tensorrt"))
    {
        return provider == "cpu" ? Machine.This.Processor : "the adapter that ONNX Runtime chose";
    }

    try
    {
        using var query = Process.Start(new ProcessStartInfo("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var names = query.StandardOutput.ReadToEnd();
        query.WaitForExit();
        return names.Trim().ReplaceLineEndings(", ");
    }
    catch (System.ComponentModel.Win32Exception)
    {
        return "a device that nvidia-smi is not there to name";
    }
}
