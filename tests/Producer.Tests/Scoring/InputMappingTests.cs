using Millrace.Producer.Scoring;
using Millrace.Worker.Inference;

namespace Millrace.Producer.Tests.Scoring;

public sealed class InputMappingTests
{
    private static readonly string[] s_header = ["id", "a", "b", "label"];

    private static readonly ModelDescription s_undeclared = SumModel.Labelled with
    {
        Columns = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal),
    };

    private static readonly ModelDescription s_twoInputs = s_undeclared with
    {
        Inputs = [new TensorDescription("x", TensorDatatype.Fp32, [-1]), new TensorDescription("y", TensorDatatype.Int64, [-1, -1])],
    };

    [Fact]
    public void The_models_own_columns_are_taken()
    {
        var mapping = InputMapping.Resolve(SumModel.Labelled, s_header, [], "label");

        var input = Assert.Single(mapping.Inputs);
        Assert.Equal([1, 2], input.Columns);
        Assert.Equal([2L], input.RowShape);
        Assert.True(mapping.IsBatched);
    }

    [Fact]
    public void The_option_goes_before_the_models_columns() =>
        Assert.Equal([2, 0], InputMapping.Resolve(SumModel.Labelled, s_header, ["x=b,id"], "label").Inputs[0].Columns);

    [Fact]
    public void A_single_input_needs_no_name() =>
        Assert.Equal([0, 1], InputMapping.Resolve(SumModel.Labelled, s_header, ["id..a"], "label").Inputs[0].Columns);

    [Fact]
    public void Without_any_declaration_all_columns_but_the_label_are_the_input() =>
        Assert.Equal([0, 1], InputMapping.Resolve(s_undeclared, ["a", "b", "label"], [], "label").Inputs[0].Columns);

    [Fact]
    public void Columns_that_do_not_fill_the_input_are_refused()
    {
        var misuse = Assert.Throws<UsageException>(() => InputMapping.Resolve(s_undeclared, s_header, [], "label"));

        Assert.Equal("input 'x' of model 'sum' has shape [-1,2], which 3 columns do not fill", misuse.Message);
        Assert.Contains("--columns x=", misuse.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_column_is_named_with_those_near_it()
    {
        var misuse = Assert.Throws<UsageException>(() => InputMapping.Resolve(SumModel.Labelled, s_header, ["x=a,lable"], null));

        Assert.Equal("no column 'lable' in the file, which input 'x' is made of", misuse.Message);
        Assert.Equal("did you mean 'label'?", misuse.Hint);
    }

    [Fact]
    public void Several_inputs_want_to_be_told_apart()
    {
        Assert.Contains("which columns are input 'x'", Refusal([]), StringComparison.Ordinal);
        Assert.Contains("has 2 inputs", Refusal(["a"]), StringComparison.Ordinal);
        Assert.Contains("no input 'z'", Refusal(["z=a"]), StringComparison.Ordinal);

        static string Refusal(string[] columns) =>
            Assert.Throws<UsageException>(() => InputMapping.Resolve(s_twoInputs, s_header, columns, null)).Message;
    }

    [Fact]
    public void An_open_dimension_is_settled_by_the_number_of_columns()
    {
        var mapping = InputMapping.Resolve(s_twoInputs, s_header, ["x=id", "y=a,b,label"], null);

        Assert.Empty(mapping.Inputs[0].RowShape);
        Assert.Equal([3L], mapping.Inputs[1].RowShape);
    }

    [Fact]
    public void An_image_keeps_its_dimensions()
    {
        var model = s_undeclared with { Inputs = [new TensorDescription("image", TensorDatatype.Fp32, [-1, 1, 2, 2])] };

        Assert.Equal([1L, 2, 2], InputMapping.Resolve(model, s_header, [], null).Inputs[0].RowShape);
    }

    [Fact]
    public void A_model_without_a_batch_dimension_takes_one_row_a_job()
    {
        var model = s_undeclared with { Inputs = [new TensorDescription("v", TensorDatatype.Fp32, [3])] };

        var mapping = InputMapping.Resolve(model, s_header, [], "label");

        Assert.False(mapping.IsBatched);
        Assert.Equal([3L], mapping.Inputs[0].RowShape);
    }
}
