namespace Millrace.Results.Tests.Contract;

/// <summary>Two rows of every datatype's most awkward values.</summary>
internal static class Extremes
{
    public static IReadOnlyList<Tensor> Tensors { get; } =
    [
        Tensor.Create<bool>("bool", [2], [true, false]),
        Tensor.Create<byte>("uint8", [2], [byte.MinValue, byte.MaxValue]),
        Tensor.Create<ushort>("uint16", [2], [ushort.MinValue, ushort.MaxValue]),
        Tensor.Create<uint>("uint32", [2], [uint.MinValue, uint.MaxValue]),
        Tensor.Create<ulong>("uint64", [2, 2], [ulong.MinValue, ulong.MaxValue, ulong.MaxValue - 1, (1UL << 53) + 1]),
        Tensor.Create<sbyte>("int8", [2], [sbyte.MinValue, sbyte.MaxValue]),
        Tensor.Create<short>("int16", [2], [short.MinValue, short.MaxValue]),
        Tensor.Create<int>("int32", [2], [int.MinValue, int.MaxValue]),
        Tensor.Create<long>("int64", [2, 2], [long.MinValue, long.MaxValue, long.MinValue + 1, -((1L << 53) + 1)]),
        Tensor.Create<Half>(
            "fp16",
            [2, 5],
            [
                Half.MinValue, Half.MaxValue, Half.Epsilon, -Half.Epsilon, (Half)0.1f,
                Half.NaN, Half.PositiveInfinity, Half.NegativeInfinity, Half.NegativeZero, Half.Zero,
            ]),
        Tensor.Create<float>(
            "fp32",
            [2, 6],
            [
                float.MinValue, float.MaxValue, float.Epsilon, -float.Epsilon, 0.1f, 16_777_217f,
                float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.NegativeZero, 0f, 1.17549435E-38f,
            ]),
        Tensor.Create<double>(
            "fp64",
            [2, 6],
            [
                double.MinValue, double.MaxValue, double.Epsilon, -double.Epsilon, 0.1, 9_007_199_254_740_993d,
                double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.NegativeZero, 0d, 2.2250738585072014E-308,
            ]),
        Tensor.Create<double>("negative_zeros_only", [2, 2], [-0d, -0d, -0d, -0d]),
        Tensor.Create("bytes", [2], ["", "NaN"]),
    ];
}
