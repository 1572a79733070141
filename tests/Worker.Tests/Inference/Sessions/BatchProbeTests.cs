using Microsoft.ML.OnnxRuntime;
using Millrace.Contracts;
using Millrace.Worker.Inference.Models;
using Millrace.Worker.Inference.Sessions;
using Millrace.Worker.Tests.Onnx;
using Xunit;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Inference.Sessions;

/// <summary>All these graphs have an open first dimension everywhere; only what they compute tells whether they may be batched.</summary>
public sealed class BatchProbeTests
{
    [Theory]
    [InlineData(TensorDatatype.Bool)]
    [InlineData(TensorDatatype.UInt8)]
    [InlineData(TensorDatatype.UInt16)]
    [InlineData(TensorDatatype.UInt32)]
    [InlineData(TensorDatatype.UInt64)]
    [InlineData(TensorDatatype.Int8)]
    [InlineData(TensorDatatype.Int16)]
    [InlineData(TensorDatatype.Int32)]
    [InlineData(TensorDatatype.Int64)]
    [InlineData(TensorDatatype.Fp16)]
    [InlineData(TensorDatatype.Fp32)]
    [InlineData(TensorDatatype.Fp64)]
    [InlineData(TensorDatatype.Bytes)]
    public void A_graph_that_treats_rows_alone_is_batchable(TensorDatatype datatype) =>
        Assert.True(Probe(OnnxGraph.Identity(datatype, -1, 2, -1)));

    [Fact]
    public void A_softmax_over_the_classes_is_batchable_and_one_over_the_batch_is_not()
    {
        Assert.True(Probe(Unary("Softmax", ("axis", 1))));
        Assert.False(Probe(Unary("Softmax", ("axis", 0))));
    }

    [Fact]
    public void A_mean_over_the_batch_is_not_batchable() => Assert.False(Probe(new OnnxGraph()
        .Input("x", TensorDatatype.Fp32, -1, 3)
        .Node("ReduceMean", ["x"], ["mean"], ("axes", new long[] { 0 }), ("keepdims", 1))
        .Node("Sub", ["x", "mean"], ["y"])
        .Output("y", TensorDatatype.Fp32, -1, 3)));

    [Fact]
    public void A_running_sum_along_the_batch_is_not_batchable() => Assert.False(Probe(new OnnxGraph()
        .Constant(Tensor.Create<int>("axis", [], [0]))
        .Input("x", TensorDatatype.Int64, -1)
        .Node("CumSum", ["x", "axis"], ["y"])
        .Output("y", TensorDatatype.Int64, -1)));

    [Fact]
    public void An_output_of_several_rows_for_each_row_is_not_batchable() => Assert.False(Probe(new OnnxGraph()
        .Constant(Tensor.Create<long>("flat", [1], [-1]))
        .Input("x", TensorDatatype.Fp32, -1, 3)
        .Node("Reshape", ["x", "flat"], ["y"])
        .Output("y", TensorDatatype.Fp32, -1)));

    [Fact]
    public void One_output_that_mixes_rows_among_others_that_do_not_is_enough() => Assert.False(Probe(new OnnxGraph()
        .Input("x", TensorDatatype.Fp32, -1, 3)
        .Node("Relu", ["x"], ["z"])
        .Node("Softmax", ["x"], ["y"], ("axis", 0))
        .Output("z", TensorDatatype.Fp32, -1, 3)
        .Output("y", TensorDatatype.Fp32, -1, 3)));

    /// <summary>One box for each row that has something in it, [boxes, 3]: the first dimension is open, but no batch.</summary>
    [Fact]
    public void Boxes_that_are_counted_by_what_is_found_are_not_batchable() => Assert.False(Probe(new OnnxGraph()
        .Constant(Tensor.Create<float>("threshold", [], [0.5f]))
        .Input("x", TensorDatatype.Fp32, -1, 3)
        .Node("ReduceMax", ["x"], ["best"], ("axes", new long[] { 1 }), ("keepdims", 0))
        .Node("Greater", ["best", "threshold"], ["hit"])
        .Node("Compress", ["x", "hit"], ["y"], ("axis", 0))
        .Output("y", TensorDatatype.Fp32, -1, 3)));

    /// <summary>A row of zeros may be refused: that says nothing of the others.</summary>
    [Fact]
    public void A_graph_that_takes_no_row_of_zeros_is_batchable_all_the_same() => Assert.True(Probe(new OnnxGraph()
        .Constant(Tensor.Create<float>("table", [1000], new float[1000]))
        .Constant(Tensor.Create<float>("far", [], [5000]))
        .Constant(Tensor.Create<float>("almost", [], [0.5f]))
        .Input("x", TensorDatatype.Fp32, -1, 3)
        .Node("ReduceMax", ["x"], ["best"], ("axes", new long[] { 1 }), ("keepdims", 1))
        .Node("Less", ["best", "almost"], ["empty"])
        .Node("Cast", ["empty"], ["one"], ("to", 1))
        .Node("Mul", ["one", "far"], ["place"])
        .Node("Cast", ["place"], ["index"], ("to", 7))
        .Node("Gather", ["table", "index"], ["found"])
        .Node("Add", ["x", "found"], ["y"])
        .Output("y", TensorDatatype.Fp32, -1, 3)));

    /// <summary>Made-up indexes are small, so that a lookup in a short table takes them.</summary>
    [Fact]
    public void A_lookup_in_a_table_of_two_is_batchable() => Assert.True(Probe(Lookup(2)));

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void What_made_up_inputs_cannot_run_is_left_open(int size) => Assert.Null(Probe(Lookup(size)));

    private static OnnxGraph Lookup(int size) => new OnnxGraph()
        .Constant(Tensor.Create<float>("data", [size], new float[size]))
        .Input("x", TensorDatatype.Int64, -1)
        .Node("Gather", ["data", "x"], ["y"])
        .Output("y", TensorDatatype.Fp32, -1);

    private static OnnxGraph Unary(string type, params (string, object)[] attributes) => new OnnxGraph()
        .Input("x", TensorDatatype.Fp32, -1, 3)
        .Node(type, ["x"], ["y"], attributes)
        .Output("y", TensorDatatype.Fp32, -1, 3);

    private static bool? Probe(OnnxGraph graph)
    {
        using var session = graph.Open();
        var signature = ModelSignature.Of(session, problem => Assert.Fail(problem));
        Assert.True(signature.HasBatchDimension);
        using var options = new RunOptions();
        return BatchProbe.GivesSingles(session, signature, options);
    }
}
