using Millrace.Contracts;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Inference.Models;

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name in the graph, or one that the labels add.</param>
/// <param name="Datatype">What an element is.</param>
/// <param name="Shape">Its dimensions; -1 for one that the graph leaves open.</param>
internal sealed record TensorSpec(string Name, TensorDatatype Datatype, long[] Shape)
{
    /// <summary>The graph's own name for its first dimension, such as <c>batch</c>; empty where it has none.</summary>
    public string FirstDimension { get; init; } = "";

    /// <summary>The product of all dimensions but the first; null where one of them is open, or there is no first.</summary>
    public long? RowElements { get; } =
        Shape.Length == 0 || Shape.AsSpan(1).ContainsAnyInRange(long.MinValue, -1) ? null : TensorShape.CountElements(Shape.AsSpan(1));

    public string ShapeText => $"[{string.Join(',', Shape)}]";
}
