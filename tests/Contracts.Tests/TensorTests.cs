using Xunit;

namespace Millrace.Contracts.Tests;

public sealed class TensorTests
{
    [Fact]
    public void A_text_with_half_a_surrogate_pair_is_not_written_as_another_text() =>
        Assert.ThrowsAny<ArgumentException>(() => Tensor.Create("x", [2], ["a", "b\ud800"]));

    [Fact]
    public void Numbers_are_kept_little_endian_and_row_major()
    {
        var tensor = Tensor.Create<short>("x", [2, 1], [1, -2]);

        Assert.Equal(TensorDatatype.Int16, tensor.Datatype);
        Assert.Equal([0x01, 0x00, 0xFE, 0xFF], tensor.Data.ToArray());
        Assert.Equal([1, -2], tensor.AsSpan<short>().ToArray());
    }

    [Fact]
    public void Texts_are_kept_as_length_and_UTF_8()
    {
        var tensor = Tensor.Create("x", [3], ["é", "", "😀"]);

        Assert.Equal(
            [2, 0, 0, 0, 0xC3, 0xA9, 0, 0, 0, 0, 4, 0, 0, 0, 0xF0, 0x9F, 0x98, 0x80],
            tensor.Data.ToArray());
        Assert.Equal(["é", "", "😀"], tensor.ToStrings());
    }

    [Fact]
    public void A_count_that_is_not_the_shape_s_is_refused()
    {
        var numbers = Assert.Throws<ArgumentException>(() => Tensor.Create<int>("x", [2, 2], [1, 2, 3]));
        var texts = Assert.Throws<ArgumentException>(() => Tensor.Create("x", [0], ["a"]));

        Assert.StartsWith("Tensor 'x' has shape [2,2], which is 4 elements, but 3 were given.", numbers.Message, StringComparison.Ordinal);
        Assert.StartsWith("Tensor 'x' has shape [0], which is 0 elements, but 1 were given.", texts.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shape_with_dimensions_below_zero_is_refused_also_where_their_product_is_the_count()
    {
        var failure = Assert.Throws<ArgumentException>(() => Tensor.Create<int>("x", [-1, -2], [1, 2]));

        Assert.StartsWith("Tensor 'x' has shape [-1,-2], expected dimensions of 0 or more.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arrays_and_memory_give_the_same_tensor()
    {
        float[] elements = [1, 2, 3, 4, 5, 6];
        ReadOnlyMemory<float> memory = elements;

        var ofRows = Tensor.Create("x", new float[,] { { 1, 2, 3 }, { 4, 5, 6 } });
        var ofMemory = Tensor.Create("x", [2, 3], memory);
        var empty = Tensor.Create("x", new float[0, 3]);

        Assert.Equal([2, 3], ofRows.Shape);
        Assert.Equal(elements, ofRows.ToArray<float>());
        Assert.Equal(elements, ofMemory.ToArray<float>());
        Assert.Equal([0, 3], empty.Shape);
        Assert.Empty(empty.ToArray<float>());
    }

    [Fact]
    public void A_tensor_is_told_by_its_name_datatype_and_shape()
    {
        Assert.Equal("score FP32 [1,2]", Tensor.Create<float>("score", [1, 2], [1, 2]).ToString());
        Assert.Equal("label BYTES [1]", Tensor.Create("label", [1], ["7"]).ToString());
    }

    [Fact]
    public void Elements_are_not_given_as_another_datatype()
    {
        var tensor = Tensor.Create<float>("x", [1], [1f]);

        Assert.Equal("Tensor 'x' holds FP32, not INT32.", Assert.Throws<InvalidOperationException>(() => tensor.AsSpan<int>().Length).Message);
        Assert.Equal("Tensor 'x' holds FP32, not BYTES.", Assert.Throws<InvalidOperationException>(tensor.ToStrings).Message);
    }

    [Fact]
    public void A_scalar_has_one_element() => Assert.Equal(1, Tensor.Create<double>("x", [], [0.5]).ElementCount);

    [Fact]
    public void A_product_over_64_bits_is_an_overflow_and_not_a_small_number()
    {
        var tensor = new Tensor { Name = "x", Shape = [1L << 32, 1L << 32], Datatype = TensorDatatype.UInt8, Data = default };

        Assert.Throws<OverflowException>(() => tensor.ElementCount);
    }

    [Fact]
    public void Every_datatype_has_its_protocol_name_and_element_size()
    {
        (TensorDatatype, string, int)[] expected =
        [
            (TensorDatatype.Bool, "BOOL", 1), (TensorDatatype.UInt8, "UINT8", 1), (TensorDatatype.UInt16, "UINT16", 2),
            (TensorDatatype.UInt32, "UINT32", 4), (TensorDatatype.UInt64, "UINT64", 8), (TensorDatatype.Int8, "INT8", 1),
            (TensorDatatype.Int16, "INT16", 2), (TensorDatatype.Int32, "INT32", 4), (TensorDatatype.Int64, "INT64", 8),
            (TensorDatatype.Fp16, "FP16", 2), (TensorDatatype.Fp32, "FP32", 4), (TensorDatatype.Fp64, "FP64", 8),
            (TensorDatatype.Bytes, "BYTES", 0),
        ];

        Assert.Equal(Enum.GetValues<TensorDatatype>(), expected.Select(row => row.Item1));
        foreach (var (datatype, name, size) in expected)
        {
            Assert.Equal(name, datatype.ToWireName());
            Assert.Equal(size, datatype.ElementSizeBytes());
            Assert.True(TensorDatatypes.TryParse(name, out var parsed) && parsed == datatype);
        }

        Assert.False(TensorDatatypes.TryParse("fp32", out _));
    }

    [Fact]
    public void A_type_that_the_protocol_lacks_is_named() =>
        Assert.Equal(
            "No datatype of the protocol has elements of type System.Char.",
            Assert.Throws<NotSupportedException>(() => TensorDatatypes.Of<char>()).Message);
}
