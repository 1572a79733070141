using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Worker.Inference;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Jobs;
using Millrace.Worker.Tests.Onnx;
using Xunit;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Inference;

public sealed class ModelLoaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_version_of_every_model_is_served_and_the_newest_is_the_default()
    {
        _folder
            .Write("a/2/model.onnx", OnnxGraph.Identity(TensorDatatype.Fp32, -1, 2).ToBytes())
            .Write("a/10/model.onnx", OnnxGraph.Identity(TensorDatatype.Fp32, -1, 3).ToBytes())
            .Write("a/model.json", """{ "instances": 2, "max_batch_size": 8, "max_queue_delay": "1ms" }""")
            .Write("b/1/model.onnx", OnnxGraph.Identity(TensorDatatype.Bytes, 1).ToBytes());

        using var catalog = Load();

        Assert.Equal(["a", "b"], catalog.Names.Order(StringComparer.Ordinal));
        Assert.Equal("10", catalog.Newest("a").Version.Version);
        Assert.Null(catalog.Find("a", null, out var newest));
        Assert.Same(catalog.Newest("a"), newest);
        Assert.Null(catalog.Find("a", "2", out var older));
        Assert.Equal([-1, 2], older.Version.Signature.Inputs[0].Shape);
        Assert.Equal(2, older.Predictors.Count);
        Assert.Equal("cpu", older.Provider);
        Assert.Equal((8, TimeSpan.FromMilliseconds(1), true), (older.Version.MaxBatchSize, older.Version.MaxQueueDelay, older.Version.IsBatchable));
        Assert.False(catalog.Newest("b").Version.IsBatchable);
    }

    [Fact]
    public void What_is_not_served_is_named_with_what_is()
    {
        _folder.Write("a/1/model.onnx", OnnxGraph.Identity(TensorDatatype.Fp32, -1).ToBytes())
            .Write("a/2/model.onnx", OnnxGraph.Identity(TensorDatatype.Fp32, -1).ToBytes());
        using var catalog = Load();

        var model = catalog.Find("z", null, out _);
        var version = catalog.Find("a", "3", out _);

        Assert.Equal((ErrorCode.ModelNotFound, "model_name: 'z' is not served here, expected 'a'"), (model!.Code, model.Error));
        Assert.Equal(
            (ErrorCode.ModelVersionNotFound, "model_version: '3' of 'a' is not served here, expected '1', '2' or none"), (version!.Code, version.Error));
        Assert.Equal(ErrorCode.ModelVersionNotFound, catalog.Find("a", "one", out _)!.Code);
        Assert.Equal(ErrorCode.ModelVersionNotFound, catalog.Find("a", "-1", out _)!.Code);
        Assert.Equal(ErrorCode.ModelVersionNotFound, catalog.Find("a", "", out _)!.Code);
    }

    [Fact]
    public void Whether_a_model_is_batched_is_tried_at_load()
    {
        _folder
            .Write("rows/1/model.onnx", Softmax(axis: 1))
            .Write("batch/1/model.onnx", Softmax(axis: 0))
            .Write("single/1/model.onnx", Softmax(axis: 0)).Write("single/model.json", """{ "max_batch_size": 1 }""");

        using var catalog = Load();

        Assert.True(catalog.Newest("rows").Version.IsBatchable);
        Assert.Contains(catalog.Newest("rows").Version.MaxBatchSize, BatchSizeChoice.Sizes);
        Assert.Equal((false, 1), (catalog.Newest("batch").Version.IsBatchable, catalog.Newest("batch").Version.MaxBatchSize));
        Assert.Equal((false, 1), (catalog.Newest("single").Version.IsBatchable, catalog.Newest("single").Version.MaxBatchSize));
    }

    /// <summary>A loop that ends for every real input and not for zeros.</summary>
    [Fact]
    public void A_model_that_never_ends_on_made_up_rows_is_served_whole_and_keeps_no_other_from_serving()
    {
        var body = new OnnxGraph()
            .Input("turn", TensorDatatype.Int64)
            .Input("go_on", TensorDatatype.Bool)
            .Input("before", TensorDatatype.Fp32, -1, -1)
            .Node("Mul", ["before", "two"], ["after"])
            .Node("ReduceMin", ["after"], ["least"], ("keepdims", 0))
            .Node("Less", ["least", "hundred"], ["still"])
            .Output("still", TensorDatatype.Bool)
            .Output("after", TensorDatatype.Fp32, -1, -1);
        var graph = new OnnxGraph()
            .Constant(Tensor.Create<float>("two", [], [2]))
            .Constant(Tensor.Create<float>("hundred", [], [100]))
            .Constant(Tensor.Create<bool>("true", [], [true]))
            .Input("x", TensorDatatype.Fp32, -1, 4)
            .Node("Loop", ["", "true", "x"], ["y"], ("body", body))
            .Output("y", TensorDatatype.Fp32, -1, 4);
        _folder.Write("a/1/model.onnx", graph.ToBytes()).Write("b/1/model.onnx", Softmax(axis: 1));

        using var catalog = Load("", TimeSpan.FromMilliseconds(200));

        Assert.False(catalog.Newest("a").Version.IsBatchable);
        Assert.True(catalog.Newest("b").Version.IsBatchable);
    }

    [Fact]
    public void A_job_finds_a_version_by_its_number()
    {
        _folder
            .Write("a/1/model.onnx", Softmax(axis: 1))
            .Write("a/20260315093000/model.onnx", Softmax(axis: 1));
        using var catalog = Load();

        Assert.Equal("20260315093000", catalog.Newest("a").Version.Version);
        Assert.Null(catalog.Find("a", "20260315093000", out _));
        Assert.Null(catalog.Find("a", "01", out var first));
        Assert.Equal("1", first.Version.Version);
        Assert.NotNull(catalog.Find("a", "20260315093001", out _));
    }

    [Fact]
    public void All_errors_of_all_models_are_told_at_once()
    {
        _folder
            .Write("a/1/model.onnx", "no graph")
            .Write("b/1/model.onnx", Softmax(axis: 0)).Write("b/model.json", """{ "max_batch_size": 8, "labels": { "z": ["a"] } }""")
            .Write("c/1/model.onnx", Softmax(axis: 1)).Write("c/model.json", """{ "instances": 0 }""")
            .Write("d/1/model.onnx", Sequence());

        var fault = Assert.Throws<ModelConfigurationException>(Load);

        Assert.Collection(
            fault.Errors,
            error => Assert.Equal($"model 'c': {Path.Combine(_folder.Path, "c", "model.json")}: instances: expected 1 to 256, found 0", error),
            error => Assert.StartsWith($"model 'a' version 1: {Path.Combine(_folder.Path, "a", "1", "model.onnx")} is not a readable ONNX model: ", error, StringComparison.Ordinal),
            error => Assert.Equal(
                "model 'b' version 1: max_batch_size is 8, but a batch gives other values than single runs do; expected max_batch_size 1", error),
            error => Assert.Equal("model 'b' version 1: labels.z: the model has no such output; it has 'y'", error),
            error => Assert.Equal(
                "model 'd' version 1: output 'y' is a sequence; only tensors can be served (for scikit-learn models, export with zipmap=False)", error));
        Assert.Equal(string.Join(Environment.NewLine, fault.Errors), fault.Message);
    }

    [Fact]
    public void A_provider_that_is_not_there_is_passed_over_and_one_that_is_needed_is_named()
    {
        _folder
            .Write("a/1/model.onnx", Softmax(axis: 1)).Write("a/model.json", """{ "execution_providers": ["tensorrt", "cpu"] }""")
            .Write("b/1/model.onnx", Softmax(axis: 1)).Write("b/model.json", """{ "execution_providers": ["tensorrt"] }""");

        using (var catalog = Load("a"))
        {
            Assert.Equal("cpu", catalog.Newest("a").Provider);
        }

        var error = Assert.Single(Assert.Throws<ModelConfigurationException>(() => Load("b")).Errors);
        Assert.Contains("cannot be loaded; tensorrt: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("half")]
    [InlineData("empty")]
    public void A_file_that_is_no_model_is_told_so_and_not_what_providers_are_not_there(string kind)
    {
        var whole = Softmax(axis: 1);
        _folder.Write("a/1/model.onnx", kind switch { "text" => [.. "<!DOCTYPE html><html>"u8], "half" => whole[..(whole.Length / 2)], _ => [0x08, 0x08] })
            .Write("a/model.json", """{ "execution_providers": ["tensorrt", "cuda", "cpu"] }""");

        var error = Assert.Single(Assert.Throws<ModelConfigurationException>(Load).Errors);

        Assert.StartsWith($"model 'a' version 1: {Path.Combine(_folder.Path, "a", "1", "model.onnx")} is not a readable ONNX model: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("cuda", error, StringComparison.OrdinalIgnoreCase);
        error = Assert.Single(Assert.Throws<ModelConfigurationException>(() => ModelDescriptions.Read(_folder.Path, "a", null)).Errors);
        Assert.Contains("is not a readable ONNX model: ", error, StringComparison.Ordinal);
    }

    private ModelCatalog Load() => Load("");

    private ModelCatalog Load(string names) => Load(names, TimeSpan.FromSeconds(10));

    private ModelCatalog Load(string names, TimeSpan probeTimeout)
    {
        var options = new ModelsOptions { Directory = _folder.Path, Names = names, ExecutionProviders = "cpu", ProbeTimeout = probeTimeout };
        return new ModelLoader(Options.Create(options), Options.Create(new LimitsOptions()), TimeProvider.System, NullLogger<ModelLoader>.Instance).Load();
    }

    private static byte[] Softmax(int axis) => new OnnxGraph()
        .Input("x", TensorDatatype.Fp32, -1, 3)
        .Node("Softmax", ["x"], ["y"], ("axis", axis))
        .Output("y", TensorDatatype.Fp32, -1, 3)
        .ToBytes();

    private static byte[] Sequence() => new OnnxGraph()
        .Input("x", TensorDatatype.Fp32, 2)
        .Node("SequenceConstruct", ["x", "x"], ["y"])
        .OutputSequence("y", TensorDatatype.Fp32, 2)
        .ToBytes();
}
