using System.Runtime.InteropServices;
using System.Text.Json;
using Xunit;

namespace Millrace.Contracts.Tests.Wire;

/// <summary>Content compared field by field: the records compare their lists and memory by reference.</summary>
internal static class Same
{
    public static void Jobs(PredictionJob expected, PredictionJob actual)
    {
        Assert.Equal(expected.Id, actual.Id);
        Assert.Equal(expected.ModelName, actual.ModelName);
        Assert.Equal(expected.ModelVersion, actual.ModelVersion);
        Assert.Equal(expected.Outputs, actual.Outputs);
        Assert.Equal(expected.Parameters.Keys.Order(StringComparer.Ordinal), actual.Parameters.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, value) in expected.Parameters)
        {
            Assert.True(JsonElement.DeepEquals(value, actual.Parameters[name]), name);
        }

        Tensors(expected.Inputs, actual.Inputs);
    }

    public static void Results(PredictionResult expected, PredictionResult actual)
    {
        Assert.Equal(expected.Id, actual.Id);
        Assert.Equal(expected.ModelName, actual.ModelName);
        Assert.Equal(expected.ModelVersion, actual.ModelVersion);
        Assert.Equal(expected.Status, actual.Status);
        Assert.Equal(expected.Code, actual.Code);
        Assert.Equal(expected.Error, actual.Error);
        Assert.Equal(expected.RowErrors, actual.RowErrors);
        Tensors(expected.Outputs, actual.Outputs);
    }

    public static void Tensors(IReadOnlyList<Tensor> expected, IReadOnlyList<Tensor> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Name, actual[i].Name);
            Assert.Equal(expected[i].Datatype, actual[i].Datatype);
            Assert.Equal(expected[i].Shape, actual[i].Shape);
            Assert.Equal(Canonical(expected[i]), Canonical(actual[i]));
        }
    }

    /// <summary>The bits, but one NaN for all: JSON does not carry which one it was.</summary>
    private static byte[] Canonical(Tensor tensor)
    {
        var bytes = tensor.Data.ToArray();
        switch (tensor.Datatype)
        {
            case TensorDatatype.Fp16: OneNaN(MemoryMarshal.Cast<byte, Half>(bytes.AsSpan())); break;
            case TensorDatatype.Fp32: OneNaN(MemoryMarshal.Cast<byte, float>(bytes.AsSpan())); break;
            case TensorDatatype.Fp64: OneNaN(MemoryMarshal.Cast<byte, double>(bytes.AsSpan())); break;
        }

        return bytes;
    }

    private static void OneNaN<T>(Span<T> values)
        where T : System.Numerics.IFloatingPointIeee754<T>
    {
        foreach (ref var value in values)
        {
            value = T.IsNaN(value) ? T.NaN : value;
        }
    }
}
