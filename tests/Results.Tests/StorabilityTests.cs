namespace Millrace.Results.Tests;

public sealed class StorabilityTests
{
    [Fact]
    public void Outputs_of_every_datatype_are_storable() =>
        Assert.True(Storability.OutputsAreStorable(Contract.Extremes.Tensors, out _));

    [Fact]
    public void A_text_with_a_null_character_is_not_storable() =>
        AssertProblem("output 'label', element 1: holds U+0000, which Postgres cannot store", Tensor.Create("label", [2], ["a", "b\0"]));

    [Fact]
    public void Rows_whose_texts_are_not_storable_are_found_each_once()
    {
        Tensor[] outputs =
        [
            Tensor.Create<int>("n", [3], [1, 2, 3]),
            Tensor.Create("a", [3, 2], ["a", "b", "c", "d\0", "\0", "f"]),
            Tensor.Create("b", [3], ["\0", "b", "\0"]),
            Tensor.Create("whole", [1], ["\0"]),
        ];

        const string problem = "holds U+0000, which Postgres cannot store";
        Assert.Equal([(0, $"output 'b': {problem}"), (1, $"output 'a': {problem}"), (2, $"output 'a': {problem}")], Storability.FindUnstorableRows(outputs, 3));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_not_storable() =>
        AssertProblem(
            "output 'label', element 0: not UTF-8, and JSON holds nothing else",
            new Tensor { Name = "label", Datatype = TensorDatatype.Bytes, Shape = [1], Data = new byte[] { 1, 0, 0, 0, 0xFF } });

    [Fact]
    public void A_cut_text_is_not_storable() =>
        AssertProblem(
            "output 'label' has 0 whole elements, its shape asks for 1",
            new Tensor { Name = "label", Datatype = TensorDatatype.Bytes, Shape = [1], Data = new byte[] { 9, 0, 0, 0, 65 } });

    [Fact]
    public void Data_that_does_not_fill_the_shape_is_not_storable() =>
        AssertProblem(
            "output 'x' has 4 bytes of data, its shape asks for 2 elements of 4",
            new Tensor { Name = "x", Datatype = TensorDatatype.Fp32, Shape = [2], Data = new byte[4] });

    [Theory]
    [InlineData(-1L, 1L)]
    [InlineData(long.MaxValue, 4L)]
    public void A_shape_that_is_no_number_of_elements_is_not_storable(long first, long second) =>
        AssertProblem(
            $"output 'x' has shape [{first},{second}], which is no number of elements",
            new Tensor { Name = "x", Datatype = TensorDatatype.Fp32, Shape = [first, second], Data = default });

    [Fact]
    public void Two_outputs_of_one_name_are_not_storable() =>
        AssertProblem("output 'x' is there twice", Tensor.Create<int>("x", [1], [1]), Tensor.Create<int>("x", [1], [2]));

    [Fact]
    public void A_name_that_no_store_can_hold_is_not_storable()
    {
        const string problem = "the name of output 'a\ufffdb' holds U+0000 or half a surrogate pair";

        AssertProblem(problem, Tensor.Create<int>("a\0b", [1], [1]));
        AssertProblem(problem, Tensor.Create<int>("a\ud800b", [1], [1]));
    }

    [Fact]
    public void More_than_a_row_may_hold_is_not_storable()
    {
        var most = new Tensor { Name = "a", Datatype = TensorDatatype.UInt8, Shape = [Storability.MaxOutputBytes], Data = new byte[Storability.MaxOutputBytes] };

        Assert.True(Storability.OutputsAreStorable([most], out _));
        AssertProblem("the outputs take 8388609 bytes, more than the 8388608 that a row may hold", most, Tensor.Create<byte>("b", [1], [1]));
    }

    private static void AssertProblem(string expected, params Tensor[] outputs)
    {
        Assert.False(Storability.OutputsAreStorable(outputs, out var problem));
        Assert.Equal(expected, problem);
    }
}
