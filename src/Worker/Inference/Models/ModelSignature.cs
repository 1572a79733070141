using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Millrace.Contracts;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Models;

/// <summary>What a graph takes and gives.</summary>
/// <param name="Inputs">In the graph's order.</param>
/// <param name="Outputs">In the graph's order.</param>
internal sealed record ModelSignature(IReadOnlyList<TensorSpec> Inputs, IReadOnlyList<TensorSpec> Outputs)
{
    /// <summary>Whether every input and output leaves its first dimension open: the outward sign of a batch dimension.</summary>
    public bool HasBatchDimension => Inputs.Count > 0 && Inputs.Concat(Outputs).All(spec => spec.Shape.Length > 0 && spec.Shape[0] < 0);

    /// <summary>The outputs, as jobs gather them.</summary>
    public IReadOnlyList<OutputSlot> Slots { get; } = [.. Outputs.Select(spec => new OutputSlot(spec.Name, spec.Datatype))];

    public static ModelSignature Of(InferenceSession session, Action<string> problem)
    {
        var inputs = session.InputNames.Select(name => Spec("input", name, session.InputMetadata[name], problem));
        var outputs = session.OutputNames.Select(name => Spec("output", name, session.OutputMetadata[name], problem));
        return new ModelSignature([.. inputs], [.. outputs]);
    }

    public static TensorDatatype? DatatypeOf(TensorElementType element) => element switch
    {
        TensorElementType.Bool => TensorDatatype.Bool,
        TensorElementType.UInt8 => TensorDatatype.UInt8,
        TensorElementType.UInt16 => TensorDatatype.UInt16,
        TensorElementType.UInt32 => TensorDatatype.UInt32,
        TensorElementType.UInt64 => TensorDatatype.UInt64,
        TensorElementType.Int8 => TensorDatatype.Int8,
        TensorElementType.Int16 => TensorDatatype.Int16,
        TensorElementType.Int32 => TensorDatatype.Int32,
        TensorElementType.Int64 => TensorDatatype.Int64,
        TensorElementType.Float16 => TensorDatatype.Fp16,
        TensorElementType.Float => TensorDatatype.Fp32,
        TensorElementType.Double => TensorDatatype.Fp64,
        TensorElementType.String => TensorDatatype.Bytes,
        _ => null,
    };

    public static TensorElementType ElementTypeOf(TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.Bool => TensorElementType.Bool,
        TensorDatatype.UInt8 => TensorElementType.UInt8,
        TensorDatatype.UInt16 => TensorElementType.UInt16,
        TensorDatatype.UInt32 => TensorElementType.UInt32,
        TensorDatatype.UInt64 => TensorElementType.UInt64,
        TensorDatatype.Int8 => TensorElementType.Int8,
        TensorDatatype.Int16 => TensorElementType.Int16,
        TensorDatatype.Int32 => TensorElementType.Int32,
        TensorDatatype.Int64 => TensorElementType.Int64,
        TensorDatatype.Fp16 => TensorElementType.Float16,
        TensorDatatype.Fp32 => TensorElementType.Float,
        TensorDatatype.Fp64 => TensorElementType.Double,
        TensorDatatype.Bytes => TensorElementType.String,
        _ => throw new ArgumentOutOfRangeException(nameof(datatype), datatype, "not a datatype of the protocol"),
    };

    private static string KindOf(OnnxValueType type) => type switch
    {
        OnnxValueType.ONNX_TYPE_SEQUENCE => "a sequence",
        OnnxValueType.ONNX_TYPE_MAP => "a map",
        OnnxValueType.ONNX_TYPE_OPTIONAL => "an optional value",
        OnnxValueType.ONNX_TYPE_SPARSETENSOR => "a sparse tensor",
        _ => "no tensor",
    };

    private static TensorSpec Spec(string kind, string name, NodeMetadata node, Action<string> problem)
    {
        if (node.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR)
        {
            problem($"{kind} '{name}' is {KindOf(node.OnnxValueType)}; only tensors can be served (for scikit-learn models, export with zipmap=False)");
            return new TensorSpec(name, default, []);
        }

        if (DatatypeOf(node.ElementDataType) is not { } datatype)
        {
            problem($"{kind} '{name}' has elements of type {node.ElementDataType}, for which the protocol has no datatype");
            return new TensorSpec(name, default, []);
        }

        return new TensorSpec(name, datatype, [.. node.Dimensions.Select(dimension => (long)dimension)])
        {
            FirstDimension = node.SymbolicDimensions is [{ } first, ..] ? first : "",
        };
    }
}
