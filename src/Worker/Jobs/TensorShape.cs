namespace Millrace.Worker.Jobs;

/// <summary>Arithmetic on shapes whose dimensions are all known.</summary>
internal static class TensorShape
{
    /// <summary>The product of the dimensions; 1 for none.</summary>
    /// <exception cref="OverflowException">It exceeds 2^63 - 1.</exception>
    public static long CountElements(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (var dimension in shape)
        {
            count = checked(count * dimension);
        }

        return count;
    }
}
