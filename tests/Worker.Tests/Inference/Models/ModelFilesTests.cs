using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Tests.Onnx;
using Xunit;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Inference.Models;

public sealed class ModelFilesTests : IDisposable
{
    private const int Width = 4096;

    private readonly TempFolder _folder = new();

    private string ModelFile => Path.Combine(_folder.Path, "m", "1", "model.onnx");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_session_is_opened_anew_from_the_same_bytes_or_not_at_all()
    {
        var bytes = OnnxGraph.Identity(TensorDatatype.Fp32, -1, 2).ToBytes();
        _folder.Write("m/1/model.onnx", bytes);
        var files = new ModelFiles(ModelFile);
        Open(files).Dispose();
        Open(files).Dispose();
        Assert.Equal([new ModelFileHash("model.onnx", Convert.ToHexStringLower(SHA256.HashData(bytes)))], files.Hashes);

        _folder.Write("m/1/model.onnx", OnnxGraph.Identity(TensorDatatype.Fp32, -1, 3).ToBytes());

        var fault = Assert.Throws<ModelFileException>(() => Open(files));
        Assert.StartsWith($"{ModelFile} has changed since it was loaded: it was model.onnx {files.Hashes[0].Sha256}, it is model.onnx ", fault.Message, StringComparison.Ordinal);
        File.Delete(ModelFile);
        Assert.StartsWith($"{ModelFile} cannot be read: ", Assert.Throws<ModelFileException>(() => Open(files)).Message, StringComparison.Ordinal);
        _folder.Write("m/1/model.onnx", bytes);
        Open(files).Dispose();
    }

    /// <summary>ONNX Runtime maps such a file into its memory: who wrote over it changed the answers of the session that runs.</summary>
    [Fact]
    public void Weights_beside_the_graph_that_are_written_over_change_no_answer()
    {
        WriteTimes(3);
        var files = new ModelFiles(ModelFile);
        using var model = TestModel.Open(Open(files), new ModelConfig(), () => Open(files));
        var x = Tensor.Create<float>("x", [1, Width], [.. Enumerable.Repeat(1f, Width)]);
        Assert.Equal(3, model.Run(x)[0].AsSpan<float>()[Width - 1]);
        Assert.Equal(["model.onnx", "w.data"], files.Hashes.Select(hash => hash.Name));
        model.Predictor.Reopen();

        WriteTimes(7);

        Assert.Equal(3, model.Run(x)[0].AsSpan<float>()[Width - 1]);
        Assert.Contains("w.data", Assert.Throws<ModelFileException>(model.Predictor.Reopen).Message, StringComparison.Ordinal);
        WriteTimes(3);
        model.Predictor.Reopen();
        Assert.Equal(3, model.Run(x)[0].AsSpan<float>()[Width - 1]);
    }

    [Fact]
    public void The_copies_of_weights_are_gone_once_the_sessions_are_open()
    {
        WriteTimes(3);
        string copies;
        using (var content = new ModelFiles(ModelFile).Read())
        {
            copies = content.Data!.FullName;
            Assert.True(File.Exists(Path.Combine(copies, "w.data")));
        }

        Assert.False(Directory.Exists(copies));
    }

    [Theory]
    [InlineData("../w.data", "outside of its folder")]
    [InlineData("/etc/hostname", "outside of its folder")]
    [InlineData("none.data", "none.data")]
    public void Weights_must_be_in_the_models_folder(string file, string problem)
    {
        _folder.Write("m/w.data", "0123456789abcdef")
            .Write("m/1/model.onnx", new OnnxGraph().ExternalConstant("w", TensorDatatype.Fp32, file, 4).ToBytes());

        var fault = Assert.Throws<ModelFileException>(() => Open(new ModelFiles(ModelFile)));

        Assert.StartsWith($"{ModelFile} cannot be read: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(problem, fault.Message, StringComparison.Ordinal);
    }

    /// <summary>To open it would wait for a writer, for ever.</summary>
    [Fact]
    public async Task A_model_that_is_no_regular_file_is_an_error_at_once()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(ModelFile)!);
        using (var process = System.Diagnostics.Process.Start("mkfifo", [ModelFile]))
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var opened = Task.Run(() => Open(new ModelFiles(ModelFile)), TestContext.Current.CancellationToken);

        var fault = await Assert.ThrowsAsync<ModelFileException>(
            () => opened.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.Equal($"{ModelFile} cannot be read: {ModelFile} is empty, or no regular file", fault.Message);
        File.Delete(ModelFile);
        File.CreateSymbolicLink(ModelFile, "/dev/zero");
        Assert.Throws<ModelFileException>(() => Open(new ModelFiles(ModelFile)));
    }

    private static InferenceSession Open(ModelFiles files) => SessionFactory.Open(files, ExecutionProviders.Cpu, 1);

    private void WriteTimes(float factor)
    {
        var graph = new OnnxGraph()
            .ExternalConstant("w", TensorDatatype.Fp32, "w.data", 1, Width)
            .Input("x", TensorDatatype.Fp32, -1, Width)
            .Node("Mul", ["x", "w"], ["y"])
            .Output("y", TensorDatatype.Fp32, -1, Width);
        var weights = System.Runtime.InteropServices.MemoryMarshal.AsBytes(Enumerable.Repeat(factor, Width).ToArray().AsSpan()).ToArray();
        // In place, as a copy over it does: another file of the same name would leave a mapped one as it was.
        _folder.Write("m/1/model.onnx", graph.ToBytes()).Write("m/1/w.data", weights);
    }
}
