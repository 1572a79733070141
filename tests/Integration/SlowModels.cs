using Millrace.Worker.Tests;
using Millrace.Worker.Tests.Onnx;

namespace Millrace.Integration.Tests;

/// <summary>Models whose runs take as long as their input says: nothing at load, when the worker tries them.</summary>
internal static class SlowModels
{
    // A square of this many floats multiplied with itself is a millisecond or two of one core.
    private const int Side = 256;

    /// <summary>What an input is counted from.</summary>
    public const float Code = 1000;

    /// <summary>
    /// <c>stepper</c>: <c>x</c> [rows, 1] is 1000 and how many steps the row takes, up to 1000 of them; <c>y</c> is <c>x</c>. Steps are
    /// nodes of the graph, between which ONNX Runtime lets itself be stopped. Other numbers take none: the worker tries some at load.
    /// </summary>
    public static TempFolder AddStepper(this TempFolder models)
    {
        var body = new OnnxGraph()
            .Input("i", TensorDatatype.Int64)
            .Input("go", TensorDatatype.Bool)
            .Input("square", TensorDatatype.Fp32, Side, Side)
            .Node("MatMul", ["square", "square"], ["next"])
            .Node("Identity", ["go"], ["on"])
            .Output("on", TensorDatatype.Bool)
            .Output("next", TensorDatatype.Fp32, Side, Side);
        var graph = new OnnxGraph()
            .Constant(Tensor.Create<float>("start", [Side, Side], new float[Side * Side]))
            .Constant(Tensor.Create<bool>("true", [], [true]))
            .Input("x", TensorDatatype.Fp32, -1, 1)
            .Constant(Tensor.Create<float>("none", [], [Code]))
            .Constant(Tensor.Create<float>("most", [], [2 * Code]))
            .Node("Sub", ["x", "none"], ["wanted"])
            .Node("Relu", ["wanted"], ["counted"])
            .Node("LessOrEqual", ["x", "most"], ["is_said"])
            .Node("Cast", ["is_said"], ["is_one"], ("to", OnnxGraph.CodeOf(TensorDatatype.Fp32)))
            .Node("Mul", ["counted", "is_one"], ["each"])
            .Node("ReduceSum", ["each"], ["sum"], ("keepdims", 0))
            .Node("Cast", ["sum"], ["steps"], ("to", OnnxGraph.CodeOf(TensorDatatype.Int64)))
            .Node("Loop", ["steps", "true", "start"], ["end"], ("body", body))
            // Zero, and still something that must be computed.
            .Node("ReduceMax", ["end"], ["zero"], ("keepdims", 0))
            .Node("Add", ["x", "zero"], ["y"])
            .Output("y", TensorDatatype.Fp32, -1, 1);
        return models.Write("stepper/1/model.onnx", graph.ToBytes());
    }

    /// <summary>
    /// <c>blocker</c>: <c>x</c> [1] is 1000 for one single node that takes minutes, in which nothing can stop it; anything less takes none.
    /// </summary>
    public static TempFolder AddBlocker(this TempFolder models)
    {
        // Every box is compared with all before it, and none covers another.
        const int boxes = 400_000;
        var corners = new float[boxes * 4];
        for (var i = 0; i < boxes; i++)
        {
            (corners[4 * i], corners[(4 * i) + 1], corners[(4 * i) + 2], corners[(4 * i) + 3]) = (i, 0, i + 0.5f, 1);
        }

        var graph = new OnnxGraph()
            .Constant(Tensor.Create<float>("boxes", [1, boxes, 4], corners))
            .Constant(Tensor.Create<float>("scores", [1, 1, boxes], [.. Enumerable.Repeat(0.5f, boxes)]))
            .Constant(Tensor.Create<long>("most", [1], [boxes]))
            .Constant(Tensor.Create<float>("overlap", [1], [0.5f]))
            .Constant(Tensor.Create<float>("code", [1], [Code]))
            .Input("x", TensorDatatype.Fp32, 1)
            .Node("Sub", ["code", "x"], ["least"])
            .Node("NonMaxSuppression", ["boxes", "scores", "most", "overlap", "least"], ["chosen"])
            .Node("Shape", ["chosen"], ["y"])
            .Output("y", TensorDatatype.Int64, 2);
        return models.Write("blocker/1/model.onnx", graph.ToBytes());
    }
}
