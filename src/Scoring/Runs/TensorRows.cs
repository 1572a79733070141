using Millrace.Contracts;

namespace Millrace.Scoring.Runs;

/// <summary>Takes rows out of a tensor whose first dimension counts them.</summary>
internal static class TensorRows
{
    /// <summary>Some rows that follow one another; their data is not copied.</summary>
    public static Tensor Slice(Tensor tensor, int first, int count)
    {
        var rows = (int)tensor.Shape[0];
        var (start, end) = tensor.Datatype == TensorDatatype.Bytes
            ? (OffsetOf(tensor, rows, first), OffsetOf(tensor, rows, first + count))
            : (tensor.Data.Length / rows * first, tensor.Data.Length / rows * (first + count));
        return tensor with { Shape = [count, .. tensor.Shape.Skip(1)], Data = tensor.Data[start..end] };
    }

    private static int OffsetOf(Tensor tensor, int rows, int row)
    {
        var elements = tensor.ElementCount / rows * row;
        var rest = tensor.Data.Span;
        for (long element = 0; element < elements; element++)
        {
            BytesElement.TryTake(ref rest, out _);
        }

        return tensor.Data.Length - rest.Length;
    }
}
