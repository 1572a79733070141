using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Tests.Onnx;
using Xunit;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Inference.Models;

public sealed class ExternalDataTests
{
    [Fact]
    public void A_graph_with_its_weights_in_itself_has_no_files() =>
        Assert.Empty(ExternalData.FilesOf(OnnxGraph.Turning().Constant(Tensor.Create<float>("c", [1], [1])).ToBytes()));

    [Fact]
    public void Files_are_found_in_the_graph_and_in_the_graphs_within_and_each_once()
    {
        var body = new OnnxGraph().ExternalConstant("w", TensorDatatype.Fp32, "inner.data", 1).Output("y", TensorDatatype.Fp32, 1);
        var graph = new OnnxGraph()
            .ExternalConstant("a", TensorDatatype.Fp32, "model.onnx.data", 4)
            .ExternalConstant("b", TensorDatatype.Fp32, "model.onnx.data", 4)
            .Node("If", ["condition"], ["y"], ("then_branch", body), ("else_branch", body));

        Assert.Equal(["inner.data", "model.onnx.data"], ExternalData.FilesOf(graph.ToBytes()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Bytes_that_are_no_model_have_none()
    {
        var model = new OnnxGraph().ExternalConstant("a", TensorDatatype.Fp32, "d", 4).ToBytes();
        for (var length = 0; length < model.Length - 20; length++)
        {
            Assert.InRange(ExternalData.FilesOf(model.AsSpan(0, length)).Count, 0, 1);
        }

        Assert.Empty(ExternalData.FilesOf("no graph"u8));
        Assert.Empty(ExternalData.FilesOf(Enumerable.Repeat((byte)0xFF, 100).ToArray()));
        // Graphs in graphs without end: each field 7 holds the rest.
        var deep = new ProtobufMessage();
        for (var level = 0; level < 2_000; level++)
        {
            deep = new ProtobufMessage().Nested(level % 2 == 0 ? 5 : 6, deep);
        }

        Assert.Empty(ExternalData.FilesOf(new ProtobufMessage().Nested(7, new ProtobufMessage().Nested(1, deep)).ToArray()));
    }
}
