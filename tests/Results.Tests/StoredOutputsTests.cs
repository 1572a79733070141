using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Millrace.Results.Tests.Contract;

namespace Millrace.Results.Tests;

public sealed class StoredOutputsTests
{
    [Fact]
    public void The_form_is_the_documented_one()
    {
        var json = Encode(
            rowCount: 2,
            Tensor.Create("label", [2, 1], ["7", "3"]),
            Tensor.Create<float>("probabilities", [2, 3], [0.5f, 0.25f, -0f, float.NaN, 1, 0]),
            Tensor.Create<float>("temperature", [1, 1, 1], [1.5f]),
            Tensor.Create<int>("whole", [3], [1, 2, 3]));

        Assert.Equal(
            """
            {"label":{"index":0,"datatype":"BYTES","shape":[2,1],"data":["7","3"]},
            "probabilities":{"index":1,"datatype":"FP32","shape":[2,3],"data":[[0.5,0.25,-0],["NaN",1,0]],"negative_zeros":[2]},
            "temperature":{"index":2,"datatype":"FP32","shape":[1,1,1],"data":[1.5]},
            "whole":{"index":3,"datatype":"INT32","shape":[3],"data":[[1,2,3]]}}
            """.ReplaceLineEndings(""),
            json);
    }

    [Fact]
    public void A_row_without_outputs_leaves_its_place_empty()
    {
        using var buffer = new OutputsBuffer();
        var json = Encoding.UTF8.GetString(buffer.Encode([
            Rows.Partial(
                Tensor.Create("label", [2, 1], ["7", "3"]),
                Tensor.Create<float>("probabilities", [2, 2], [0.5f, -0f, 1, 0]),
                Tensor.Create<int>("whole", [3], [1, 2, 3]))])[0].Span);

        Assert.Equal(
            """
            {"label":{"index":0,"datatype":"BYTES","shape":[2,1],"data":["7",null,"3",null]},
            "probabilities":{"index":1,"datatype":"FP32","shape":[2,2],"data":[[0.5,-0],null,[1,0],null],"negative_zeros":[1]},
            "whole":{"index":2,"datatype":"INT32","shape":[3],"data":[[1,2,3]]}}
            """.ReplaceLineEndings(""),
            json);
    }

    [Fact]
    public void No_outputs_are_an_empty_object()
    {
        Assert.Equal("{}", Encode(rowCount: 1));
        Assert.Empty(StoredOutputsReader.Decode("{}"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"x":{"index":0,"datatype":"COMPLEX","shape":[1],"data":[1]}}""")]
    [InlineData("""{"x":{"index":0,"datatype":"FP32","shape":[2],"data":[1]}}""")]
    [InlineData("""{"x":{"index":0,"datatype":"FP32","shape":[1],"data":["a"]}}""")]
    [InlineData("""{"x":{"index":0,"datatype":"FP32","shape":[1]}}""")]
    [InlineData("""{"x":1}""")]
    [InlineData("""{"x":{"index":0,"datatype":"FP32","shape":[1],"data":[0],"negative_zeros":[7]}}""")]
    public void What_was_changed_by_hand_is_refused_with_one_kind_of_error(string json) =>
        Assert.Throws<InvalidDataException>(() => StoredOutputsReader.Decode(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Whatever_is_encoded_is_decoded_to_the_same()
    {
        var property = Prop.ForAll(
            Jobs.ToArbitrary(),
            job =>
            {
                Assert.True(Storability.OutputsAreStorable(job.Outputs, out var problem), problem);
                Rows.AssertOutputs(job.Outputs, StoredOutputsReader.Decode(Encoding.UTF8.GetBytes(Encode(job.RowCount, [.. job.Outputs]))));
            });
        property.QuickCheckThrowOnFailure();
    }

    private static Gen<(int RowCount, IReadOnlyList<Tensor> Outputs)> Jobs =>
        from rowCount in Gen.Choose(1, 4)
        from count in Gen.Choose(0, 4)
        from outputs in Output(rowCount).ListOf(count)
        select (rowCount, (IReadOnlyList<Tensor>)[.. outputs.Select((output, i) => output with { Name = $"{output.Name}{i}" })]);

    private static Gen<Tensor> Output(int rowCount) =>
        from name in Gen.Elements("label", "", "ü", "\"")
        from datatype in Gen.Elements(Enum.GetValues<TensorDatatype>())
        from isByRow in Gen.Elements(true, false)
        from rank in Gen.Choose(0, 3)
        from dimensions in Gen.Choose(0, 3).ArrayOf(rank)
        let shape = isByRow ? [rowCount, .. dimensions] : dimensions.Select(dimension => (long)dimension).ToArray()
        let elements = (int)shape.Aggregate(1L, (product, dimension) => product * dimension)
        from data in datatype == TensorDatatype.Bytes ? Texts(elements) : Numbers(datatype, elements)
        select new Tensor { Name = name, Datatype = datatype, Shape = shape, Data = data };

    private static Gen<ReadOnlyMemory<byte>> Numbers(TensorDatatype datatype, int elements) =>
        from bytes in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(elements * datatype.ElementSizeBytes())
        select Canonical(datatype, bytes);

    private static Gen<ReadOnlyMemory<byte>> Texts(int elements) =>
        from texts in Gen.Elements("", "7", "NaN", "\u0001\"\\", "漢字 😀").ArrayOf(elements)
        select Tensor.Create("x", [elements], texts).Data;

    // A bool has two values, and JSON one NaN.
    private static ReadOnlyMemory<byte> Canonical(TensorDatatype datatype, byte[] bytes)
    {
        switch (datatype)
        {
            case TensorDatatype.Bool: foreach (ref var e in bytes.AsSpan()) e &= 1; break;
            case TensorDatatype.Fp16: foreach (ref var e in Span<Half>(bytes)) e = Half.IsNaN(e) ? Half.NaN : e; break;
            case TensorDatatype.Fp32: foreach (ref var e in Span<float>(bytes)) e = float.IsNaN(e) ? float.NaN : e; break;
            case TensorDatatype.Fp64: foreach (ref var e in Span<double>(bytes)) e = double.IsNaN(e) ? double.NaN : e; break;
        }

        return bytes;
    }

    private static Span<T> Span<T>(byte[] bytes)
        where T : struct =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(bytes.AsSpan());

    private static string Encode(int rowCount, params Tensor[] outputs)
    {
        using var buffer = new OutputsBuffer();
        return Encoding.UTF8.GetString(buffer.Encode([Rows.Succeeded() with { RowCount = rowCount, Outputs = outputs }])[0].Span);
    }
}
