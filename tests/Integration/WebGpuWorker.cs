using System.Runtime.InteropServices;

namespace Millrace.Integration.Tests;

/// <summary>The worker on an ONNX Runtime that has WebGPU (tests/WebGpuWorker), and what else is fetched for it.</summary>
internal static class WebGpuWorker
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "tests", "WebGpuWorker");

    /// <summary>The program's file. Skips the test where its library was not fetched, or does not run.</summary>
    public static string Program
    {
        get
        {
            Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "ONNX Runtime with WebGPU is fetched for x64 alone.");
            Fetched("libonnxruntime.so");
            // In the configuration of these tests, such as bin/Release/net10.0.
            var output = Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "Integration"), AppContext.BaseDirectory);
            return Path.Combine(s_folder, output, "Millrace.Worker.dll");
        }
    }

    /// <summary>A file that <c>tests/WebGpuWorker/fetch</c> fetches. Skips the test where it is not there.</summary>
    public static string Fetched(string name)
    {
        var file = Path.Combine(s_folder, "fetched", name);
        Assert.SkipUnless(File.Exists(file), $"{name} is not here: run tests/WebGpuWorker/fetch, and build.");
        return file;
    }
}
