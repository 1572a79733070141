using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Millrace.Bench.Workloads;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;

namespace Millrace.Bench.Measures;

/// <summary>Loops over the same session in this process, with full batches and nothing around it: what the device gives at most.</summary>
internal static class BareLoop
{
    public const string One = "bare loop";
    public const string Two = "two bare loops";

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(5);

    /// <summary>Runs loops beside each other, each on a thread and a session of its own.</summary>
    /// <param name="model">The model.</param>
    /// <param name="loops">How many.</param>
    /// <param name="provider">The execution provider. Inputs and outputs are in the memory of the CPU, as the worker has them.</param>
    /// <returns>Rows per second of all together.</returns>
    public static double RowsPerSecond(string model, int loops, string provider = "cpu")
    {
        var input = ModelInput.Read(model);
        var rows = MaxBatchSize(model);
        var rates = new double[loops];
        using var start = new Barrier(loops);
        var threads = Array.ConvertAll(rates, _ => new Thread(index => rates[(int)index!] = Measure(input, rows, provider, start)));
        for (var i = 0; i < loops; i++)
        {
            threads[i].Start(i);
        }

        Array.ForEach(threads, thread => thread.Join());
        return rates.Sum();
    }

    private static double Measure(ModelInput input, int rows, string provider, Barrier start)
    {
        using var session = SessionFactory.Open(new ModelFiles(input.File), provider, 1);
        using var value = OrtValue.CreateTensorValueFromMemory(input.Values(rows), input.Shape(rows));
        using var binding = session.CreateIoBinding();
        using var options = new RunOptions();
        binding.BindInput(input.Name, value);
        foreach (var output in session.OutputNames)
        {
            binding.BindOutputToDevice(output, OrtMemoryInfo.DefaultInstance);
        }

        start.SignalAndWait();
        Run(s_warmUp);
        return Run(s_length);

        double Run(TimeSpan length)
        {
            var from = Stopwatch.GetTimestamp();
            var runs = 0;
            for (; Stopwatch.GetElapsedTime(from) < length; runs++)
            {
                session.RunWithBinding(options, binding);
            }

            return runs * rows / Stopwatch.GetElapsedTime(from).TotalSeconds;
        }
    }

    private static int MaxBatchSize(string model)
    {
        using var file = File.OpenRead(Path.Combine(Repository.ModelsOf(model), model, "model.json"));
        using var config = JsonDocument.Parse(file);
        return config.RootElement.GetProperty("max_batch_size").GetInt32();
    }
}
