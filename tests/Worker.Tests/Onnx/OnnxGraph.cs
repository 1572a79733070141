using Microsoft.ML.OnnxRuntime;
#pragma warning disable IDE0005 // tests/Integration compiles this file too, and has the namespace everywhere
using Millrace.Contracts;
#pragma warning restore IDE0005
using Millrace.Worker.Inference.Sessions;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Onnx;

/// <summary>Builds a small ONNX model in memory. Field numbers and codes are those of onnx.proto (https://github.com/onnx/onnx).</summary>
internal sealed class OnnxGraph
{
    private const int IrVersion = 8;
    private const int Opset = 17;

    private readonly List<ProtobufMessage> _inputs = [];
    private readonly List<ProtobufMessage> _outputs = [];
    private readonly List<ProtobufMessage> _nodes = [];
    private readonly List<ProtobufMessage> _initializers = [];

    /// <param name="name">The input's name.</param>
    /// <param name="datatype">What an element is.</param>
    /// <param name="shape">The dimensions, -1 for open: the first open one is <c>N</c> everywhere, others have names of their own.</param>
    public OnnxGraph Input(string name, TensorDatatype datatype, params long[] shape)
    {
        _inputs.Add(ValueInfo(name, datatype, shape));
        return this;
    }

    public OnnxGraph Output(string name, TensorDatatype datatype, params long[] shape)
    {
        _outputs.Add(ValueInfo(name, datatype, shape));
        return this;
    }

    /// <summary>An output that is a sequence of tensors.</summary>
    public OnnxGraph OutputSequence(string name, TensorDatatype datatype, params long[] shape)
    {
        // TypeProto.sequence_type, whose elem_type is a TypeProto again.
        var sequence = new ProtobufMessage().Nested(4, new ProtobufMessage().Nested(1, TensorType(name, datatype, shape)));
        _outputs.Add(new ProtobufMessage().Text(1, name).Nested(2, sequence));
        return this;
    }

    public OnnxGraph Node(string type, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes)
    {
        var node = new ProtobufMessage();
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        foreach (var output in outputs)
        {
            node.Text(2, output);
        }

        _nodes.Add(node.Text(4, type).Nested(5, attributes.Select(attribute => Attribute(attribute.Name, attribute.Value))));
        return this;
    }

    /// <summary>Names the last node: ONNX Runtime repeats the name where the node fails.</summary>
    public OnnxGraph Named(string name)
    {
        _nodes[^1].Text(3, name);
        return this;
    }

    public OnnxGraph Constant(Tensor tensor)
    {
        var message = new ProtobufMessage();
        foreach (var dimension in tensor.Shape)
        {
            message.Number(1, dimension);
        }

        message.Number(2, CodeOf(tensor.Datatype)).Text(8, tensor.Name);
        if (tensor.Datatype == TensorDatatype.Bytes)
        {
            foreach (var text in tensor.ToStrings())
            {
                message.Text(6, text);
            }
        }
        else
        {
            message.Bytes(9, tensor.Data.Span);
        }

        _initializers.Add(message);
        return this;
    }

    /// <summary>A constant whose elements are in a file beside the model's.</summary>
    public OnnxGraph ExternalConstant(string name, TensorDatatype datatype, string file, params long[] shape)
    {
        var message = new ProtobufMessage();
        foreach (var dimension in shape)
        {
            message.Number(1, dimension);
        }

        // external_data, and data_location EXTERNAL.
        message.Number(2, CodeOf(datatype)).Text(8, name).Nested(13, new ProtobufMessage().Text(1, "location").Text(2, file)).Number(14, 1);
        _initializers.Add(message);
        return this;
    }

    public byte[] ToBytes() =>
        new ProtobufMessage().Number(1, IrVersion).Nested(7, ToMessage()).Nested(8, new ProtobufMessage().Text(1, "").Number(2, Opset)).ToArray();

    public InferenceSession Open() => Open(ToBytes());

    /// <summary>Opens a model on the CPU.</summary>
    public static InferenceSession Open(byte[] model)
    {
        OnnxRuntimeEnvironment.EnsureCreated();
        using var options = ExecutionProviders.CreateOptions(ExecutionProviders.Cpu, intraOpThreads: 1);
        return new InferenceSession(model, options);
    }

    /// <summary>y = 10 x for 0 to 4: an index out of range makes ONNX Runtime refuse the whole batch.</summary>
    public static OnnxGraph Lookup() => new OnnxGraph()
        .Constant(Tensor.Create<float>("data", [5], [0, 10, 20, 30, 40]))
        .Input("x", TensorDatatype.Int64, -1)
        .Node("Gather", ["data", "x"], ["y"])
        .Output("y", TensorDatatype.Fp32, -1);

    /// <summary>y = 10 x for 0 to 98: 99 asks for a tensor of less than no elements, which fails in no check of the model's own.</summary>
    public static OnnxGraph FailingLookup() => new OnnxGraph()
        .Constant(Tensor.Create<float>("data", [100], [.. Enumerable.Range(0, 100).Select(i => 10f * i)]))
        .Constant(Tensor.Create<long>("sizes", [100], [.. Enumerable.Range(0, 100).Select(i => i == 99 ? -1L : 1)]))
        .Input("x", TensorDatatype.Int64, -1)
        .Node("Gather", ["data", "x"], ["found"])
        .Node("Gather", ["sizes", "x"], ["size"])
        .Node("ReduceMin", ["size"], ["least"])
        .Node("ConstantOfShape", ["least"], ["nothing"])
        .Node("Add", ["found", "nothing"], ["y"])
        .Output("y", TensorDatatype.Fp32, -1);

    /// <summary>y = x, after as many turns of a loop as the largest x says.</summary>
    public static OnnxGraph Turning()
    {
        var body = new OnnxGraph()
            .Input("turn", TensorDatatype.Int64)
            .Input("go_on", TensorDatatype.Bool)
            .Input("before", TensorDatatype.Int64)
            .Node("Identity", ["go_on"], ["still"])
            .Node("Mul", ["before", "turn"], ["after"])
            .Output("still", TensorDatatype.Bool)
            .Output("after", TensorDatatype.Int64);
        return new OnnxGraph()
            .Constant(Tensor.Create<long>("zero", [], [0]))
            .Constant(Tensor.Create<bool>("true", [], [true]))
            .Input("x", TensorDatatype.Int64, -1)
            .Node("ReduceMax", ["x"], ["turns"], ("keepdims", 0))
            .Node("Loop", ["turns", "true", "zero"], ["nothing"], ("body", body))
            .Node("Add", ["x", "nothing"], ["y"])
            .Output("y", TensorDatatype.Int64, -1);
    }

    /// <summary>A graph whose output is its input.</summary>
    public static OnnxGraph Identity(TensorDatatype datatype, params long[] shape) => new OnnxGraph()
        .Input("x", datatype, shape)
        .Node("Identity", ["x"], ["y"])
        .Output("y", datatype, shape);

    /// <summary>TensorProto.DataType.</summary>
    public static int CodeOf(TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.Fp32 => 1,
        TensorDatatype.UInt8 => 2,
        TensorDatatype.Int8 => 3,
        TensorDatatype.UInt16 => 4,
        TensorDatatype.Int16 => 5,
        TensorDatatype.Int32 => 6,
        TensorDatatype.Int64 => 7,
        TensorDatatype.Bytes => 8,
        TensorDatatype.Bool => 9,
        TensorDatatype.Fp16 => 10,
        TensorDatatype.Fp64 => 11,
        TensorDatatype.UInt32 => 12,
        TensorDatatype.UInt64 => 13,
        _ => throw new ArgumentOutOfRangeException(nameof(datatype)),
    };

    private ProtobufMessage ToMessage() =>
        new ProtobufMessage().Nested(1, _nodes).Text(2, "g").Nested(5, _initializers).Nested(11, _inputs).Nested(12, _outputs);

    private static ProtobufMessage ValueInfo(string name, TensorDatatype datatype, long[] shape) =>
        new ProtobufMessage().Text(1, name).Nested(2, TensorType(name, datatype, shape));

    private static ProtobufMessage TensorType(string name, TensorDatatype datatype, long[] shape)
    {
        var dimensions = new ProtobufMessage();
        for (var i = 0; i < shape.Length; i++)
        {
            var dimension = new ProtobufMessage();
            dimensions.Nested(1, shape[i] >= 0 ? dimension.Number(1, shape[i]) : dimension.Text(2, i == 0 ? "N" : $"{name}_{i}"));
        }

        var tensor = new ProtobufMessage().Number(1, CodeOf(datatype)).Nested(2, dimensions);
        return new ProtobufMessage().Nested(1, tensor);
    }

    private static ProtobufMessage Attribute(string name, object value)
    {
        const int typeField = 20;
        var attribute = new ProtobufMessage().Text(1, name);
        switch (value)
        {
            case float number:
                return attribute.Float(2, number).Number(typeField, 1);
            case int number:
                return attribute.Number(3, number).Number(typeField, 2);
            case string text:
                return attribute.Text(4, text).Number(typeField, 3);
            case OnnxGraph graph:
                return attribute.Nested(6, graph.ToMessage()).Number(typeField, 5);
            case long[] numbers:
                foreach (var number in numbers)
                {
                    attribute.Number(8, number);
                }

                return attribute.Number(typeField, 7);
            default:
                throw new ArgumentOutOfRangeException(nameof(value), value, "no attribute of this type is written here");
        }
    }
}
