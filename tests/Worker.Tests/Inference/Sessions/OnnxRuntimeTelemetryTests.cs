using System.Diagnostics;
using Millrace.Contracts;
using Millrace.Worker.Inference;
using Millrace.Worker.Tests.Onnx;
using Xunit;

namespace Millrace.Worker.Tests.Inference.Sessions;

public sealed class OnnxRuntimeTelemetryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Where the library's telemetry is on, it leaves a database in the home folder and a log in the temporary one.</summary>
    [Fact]
    public async Task A_process_that_loads_and_runs_a_model_leaves_no_file_behind()
    {
        _folder.Write("models/a/1/model.onnx", OnnxGraph.Identity(TensorDatatype.Fp32, -1, 2).ToBytes());
        var home = Directory.CreateDirectory(Path.Combine(_folder.Path, "home")).FullName;
        var temporary = Directory.CreateDirectory(Path.Combine(_folder.Path, "tmp")).FullName;
        // The models are loaded and tried before the worker ends for the number of attempts that is none.
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                typeof(ModelLoader).Assembly.Location, "--Retries:Attempts=0", $"--Models:Directory={Path.Combine(_folder.Path, "models")}",
                "--Models:ExecutionProviders=cpu", "--Broker:Uri=amqp://127.0.0.1:1", "--Store:ConnectionString=Host=127.0.0.1",
            },
            Environment =
            {
                ["HOME"] = home, ["TMPDIR"] = temporary, ["DOTNET_EnableDiagnostics"] = "0", ["ORT_DISABLE_TELEMETRY"] = null,
            },
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var log = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.Equal(78, process.ExitCode);
        Assert.Contains("Serving model a version 1 on cpu", log, StringComparison.Ordinal);
        Assert.Contains("Attempts", await errors, StringComparison.Ordinal);
        Assert.Empty(Files(home).Concat(Files(temporary)));
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None });
}
