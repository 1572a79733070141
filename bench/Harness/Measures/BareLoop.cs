using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Millrace.Bench.Workloads;
using Millrace.Worker.Inference;

namespace Millrace.Bench.Measures;

/// <summary>A loop over the same session in this process, with full batches and nothing around it: what the device gives at most.</summary>
internal static class BareLoop
{
    public const string ContenderName = "bare loop";

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(5);

    /// <returns>Rows per second, on one thread.</returns>
    public static double RowsPerSecond(string model)
    {
        var input = ModelInput.Read(model);
        var rows = MaxBatchSize(model);
        using var session = SessionFactory.Open(input.File, "cpu", 1);
        using var value = OrtValue.CreateTensorValueFromMemory(input.Values(rows), input.Shape(rows));
        using var binding = session.CreateIoBinding();
        using var options = new RunOptions();
        binding.BindInput(input.Name, value);
        foreach (var output in session.OutputNames)
        {
            binding.BindOutputToDevice(output, OrtMemoryInfo.DefaultInstance);
        }

        Run(s_warmUp);
        return Run(s_length);

        double Run(TimeSpan length)
        {
            var start = Stopwatch.GetTimestamp();
            var runs = 0;
            for (; Stopwatch.GetElapsedTime(start) < length; runs++)
            {
                session.RunWithBinding(options, binding);
            }

            return runs * rows / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    private static int MaxBatchSize(string model)
    {
        using var file = File.OpenRead(Path.Combine(Repository.ModelsOf(model), model, "model.json"));
        using var config = JsonDocument.Parse(file);
        return config.RootElement.GetProperty("max_batch_size").GetInt32();
    }
}
