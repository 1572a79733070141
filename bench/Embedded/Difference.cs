using Millrace.Contracts;

namespace Millrace.Bench.Embedded;

/// <summary>How far one provider's outputs are from another's.</summary>
/// <param name="Largest">The largest difference of two numbers (FP32 outputs).</param>
/// <param name="OthersDiffer">Jobs of which another output, a label, differs.</param>
internal sealed record Difference(double Largest, int OthersDiffer)
{
    /// <exception cref="BenchException">They have not the same outputs.</exception>
    public static Difference Between(IReadOnlyList<Tensor>?[] expected, IReadOnlyList<Tensor>?[] found)
    {
        var largest = 0.0;
        var others = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            if (expected[i] is not { } left || found[i] is not { } right)
            {
                continue;
            }

            if (!left.Select(output => output.Name).SequenceEqual(right.Select(output => output.Name), StringComparer.Ordinal))
            {
                throw new BenchException($"Input {i} has other outputs: {string.Join(", ", right.Select(output => output.Name))}.");
            }

            var differs = false;
            for (var o = 0; o < left.Count; o++)
            {
                if (left[o].Datatype != TensorDatatype.Fp32)
                {
                    differs |= !left[o].Data.Span.SequenceEqual(right[o].Data.Span);
                    continue;
                }

                var a = left[o].AsSpan<float>();
                var b = right[o].AsSpan<float>();
                for (var e = 0; e < a.Length; e++)
                {
                    largest = Math.Max(largest, Math.Abs(a[e] - b[e]));
                }
            }

            others += differs ? 1 : 0;
        }

        return new Difference(largest, others);
    }
}
