using Millrace.Scoring.Mapping;
using Millrace.TestKit;

namespace Millrace.Scoring.Tests.Mapping;

public sealed class InputMappingTests
{
    private static readonly string[] s_header = ["id", "a", "b", "label"];

    private static readonly string[] s_iris = ["id", "sepal_length", "sepal_width", "petal_length", "petal_width", "species"];

    private static readonly ModelDescription s_undeclared = Undeclared(new TensorDescription("x", TensorDatatype.Fp32, [-1, 2]));

    private static readonly ModelDescription s_sklearn = Undeclared(new TensorDescription("X", TensorDatatype.Fp32, [-1, 4]));

    private static readonly ModelDescription s_twoInputs = Undeclared(
        new TensorDescription("x", TensorDatatype.Fp32, [-1]), new TensorDescription("y", TensorDatatype.Int64, [-1, -1]));

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
    public void The_models_own_columns_are_found_wherever_they_stand() =>
        Assert.Equal([3, 0], InputMapping.Resolve(SumModel.Labelled, ["b", "label", "id", "a"], [], "label").Inputs[0].Columns);

    [Fact]
    public void The_option_goes_before_the_models_columns() =>
        Assert.Equal([2, 0], InputMapping.Resolve(SumModel.Labelled, s_header, ["x=b,id"], "label").Inputs[0].Columns);

    [Fact]
    public void A_single_input_needs_no_name() =>
        Assert.Equal([0, 1], InputMapping.Resolve(SumModel.Labelled, s_header, ["id..a"], "label").Inputs[0].Columns);

    [Fact]
    public void Names_that_look_like_ranges_are_read_against_the_header()
    {
        var model = SumModel.Labelled with { Columns = Declared("x", "Age...2", "Income..USD.") };

        Assert.Equal([2, 1], InputMapping.Resolve(model, ["id", "Income..USD.", "Age...2"], [], null).Inputs[0].Columns);
        Assert.Equal([1, 2], InputMapping.Resolve(model, ["id", "Income..USD.", "Age...2"], ["x=Income..USD.,Age...2"], null).Inputs[0].Columns);
    }

    [Fact]
    public void Two_inputs_in_one_option_are_told_to_be_two_options()
    {
        var two = Undeclared(new TensorDescription("a", TensorDatatype.Fp32, [-1, 1]), new TensorDescription("b", TensorDatatype.Fp32, [-1, 1]));

        var refused = Assert.Throws<UsageException>(() => InputMapping.Resolve(two, ["A", "B"], ["a=A,b=B"], labelColumn: null));

        Assert.Equal("--columns a=A,b=B: it says the columns of one input, and 'b' is another", refused.Message);
        Assert.Equal("give it once for each: --columns b=B", refused.Hint);
    }

    [Fact]
    public void The_only_column_is_the_only_input_where_that_has_one_element_a_row()
    {
        var single = Undeclared(new TensorDescription("x", TensorDatatype.Int64, [-1, 1]));

        Assert.Equal(["x [1] <- id (column 1)"], InputMapping.Resolve(single, ["id"], [], labelColumn: null).Describe());
        Assert.Throws<UsageException>(() => InputMapping.Resolve(single, ["id", "note"], [], labelColumn: null));
        Assert.Throws<UsageException>(() => InputMapping.Resolve(s_undeclared, ["id"], [], labelColumn: null));
    }

    [Fact]
    public void An_input_of_one_element_a_row_takes_the_column_of_its_own_name()
    {
        var model = Undeclared(
            new TensorDescription("age", TensorDatatype.Fp32, [-1, 1]), new TensorDescription("city", TensorDatatype.Bytes, [-1]));

        var mapping = InputMapping.Resolve(model, ["city", "id", "age"], [], null);

        Assert.Equal([2, 0], mapping.Inputs.Select(input => input.Columns.Single()));
        Assert.Equal(["age [1] <- age (column 3)", "city [] <- city (column 1)"], mapping.Describe());
        Assert.Equal("not used: id (column 2)", mapping.DescribeUnused(label: null));
    }

    [Fact]
    public void An_input_of_one_element_takes_the_column_of_its_own_name_also_beside_one_of_a_fixed_batch()
    {
        var model = Undeclared(
            new TensorDescription("age", TensorDatatype.Fp32, [-1]), new TensorDescription("size", TensorDatatype.Fp32, [-1, 1]),
            new TensorDescription("bias", TensorDatatype.Fp32, [1]), new TensorDescription("city", TensorDatatype.Bytes, [1, 1]));

        var mapping = InputMapping.Resolve(model, ["city", "size", "bias", "age"], [], null);

        Assert.False(mapping.IsBatched);
        Assert.Equal(
            ["age [1] <- age (column 4)", "size [1,1] <- size (column 2)", "bias [1] <- bias (column 3)", "city [1,1] <- city (column 1)"], mapping.Describe());
    }

    [Theory]
    [InlineData(new[] { "a", "b", "label" }, "--columns x=a,b", "{\"x\": [\"a\", \"b\"]}")]
    [InlineData(new[] { "id", "a", "b", "label" }, "--columns x=a,b", "{\"x\": [\"a\", \"b\"]}")]
    [InlineData(new[] { "", "a", "b", "c", "label" }, "--columns x=a,b", "{\"x\": [\"a\", \"b\"]}")]
    [InlineData(new[] { "1", "2" }, "--columns x=1,2", "{\"x\": [\"1\", \"2\"]}")]
    [InlineData(new[] { "sepal length (cm)", "it's" }, "--columns 'x=sepal length (cm),it'\\''s'", "{\"x\": [\"sepal length (cm)\", \"it's\"]}")]
    [InlineData(new[] { "a,b", "c" }, "--columns 'x=\"a,b\",c'", "{\"x\": [\"a,b\", \"c\"]}")]
    public void Columns_are_not_taken_by_their_place_and_the_option_that_says_it_is_told(string[] header, string option, string declaration)
    {
        var refusal = Refusal(s_undeclared, header, [], "label");

        Assert.Equal(
            "which columns are input 'x' of model 'sum', which takes 2 a row? Neither --columns nor its model.json says, and their order in the file is no answer",
            refusal.Message);
        Assert.Equal($"if it is these: {option}; once for all files, in model.json: \"columns\": {declaration}", refusal.Hint);
    }

    [Theory]
    [InlineData("x_1,id,x_0", new[] { 2, 0 })]
    [InlineData("x1,id,x0", new[] { 2, 0 })]
    [InlineData("x_2,id,x_1", new[] { 2, 0 })]
    [InlineData("x1,x2,x_0", new[] { 0, 1 })]
    public void Columns_of_the_inputs_name_and_a_number_are_taken_by_their_numbers(string header, int[] columns) =>
        Assert.Equal(columns, InputMapping.Resolve(s_undeclared, header.Split(','), [], "label").Inputs[0].Columns);

    [Theory]
    // More than the input takes.
    [InlineData("x_0,x_1,x_2")]
    [InlineData("x_0,x_1,x_2,x_3")]
    // Two readings.
    [InlineData("x_0,x_1,x0,x1")]
    [InlineData("x_0,x_1,x1,x2")]
    // One is there twice, or is none of the input's.
    [InlineData("x_0,x_1,x_1")]
    [InlineData("x_0,x_2")]
    [InlineData("x_2,x_3")]
    [InlineData("X_0,X_1")]
    [InlineData("x_00,x_01")]
    public void Where_the_numbers_leave_a_doubt_the_columns_are_asked_for(string header) =>
        Assert.StartsWith("which columns are input 'x'", Refusal(s_undeclared, header.Split(','), [], null).Message, StringComparison.Ordinal);

    [Fact]
    public void A_label_is_no_numbered_column_of_an_input() =>
        Assert.StartsWith("which columns are input 'x'", Refusal(s_undeclared, ["x_0", "x_1"], [], "x_1").Message, StringComparison.Ordinal);

    /// <summary>As programs sort names: x1, x10, x2.</summary>
    [Fact]
    public void Numbered_columns_are_suggested_in_the_order_of_their_numbers_and_a_range_says_no_others()
    {
        var model = Undeclared(new TensorDescription("X", TensorDatatype.Fp32, [-1, 10]));
        string[] header = ["x1", "x10", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9"];

        Assert.Equal(
            "if it is these: --columns X=x1..x10; once for all files, in model.json: \"columns\": {\"X\": [\"x1..x10\"]}", Refusal(model, header, [], null).Hint);
        Assert.Equal(
            ["X [10] <- x1, x10, x2, x3, x4, x5, x6, x7, x8, x9 (columns 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)"],
            InputMapping.Resolve(model, header, ["X=:1..:10"], null).Describe());
        Assert.Equal([0, 2, 3, 4, 5, 6, 7, 8, 9, 1], InputMapping.Resolve(model, header, ["X=x1..x10"], null).Inputs[0].Columns);
    }

    [Fact]
    public void A_model_as_scikit_learn_exports_it_is_given_the_range_of_its_columns()
    {
        const string Rest = "; once for all files, in model.json: \"columns\": {\"X\": [\"sepal_length\", \"sepal_width\", \"petal_length\", \"petal_width\"]}";

        Assert.Equal("if it is these: --columns X=sepal_length..petal_width" + Rest, Refusal(s_sklearn, s_iris, [], "species").Hint);
        Assert.Equal([1, 2, 3, 4], InputMapping.Resolve(s_sklearn, s_iris, ["X=sepal_length..petal_width"], "species").Inputs[0].Columns);
    }

    [Fact]
    public void A_suggestion_for_model_json_counts_where_the_names_do() => Assert.EndsWith(
        "in model.json: \"columns\": {\"X\": [\"p_08..p_11\"]}", Refusal(s_sklearn, ["p_08", "p_09", "p_10", "p_11"], [], null).Hint, StringComparison.Ordinal);

    [Fact]
    public void Doubled_names_are_suggested_by_their_numbers() =>
        Assert.Equal("if it is these: --columns X=:2..:5", Refusal(s_sklearn, ["id", "a", "a", "c", "d"], [], null).Hint);

    [Fact]
    public void Where_the_columns_are_too_few_what_there_is_is_named() => Assert.Equal(
        "say which: --columns X=COLUMN,FIRST..LAST; the file has 'id', 'sepal_length', 'sepal_width', 'petal_length'",
        Refusal(s_sklearn, s_iris[..4], [], null).Hint);

    [Fact]
    public void An_input_whose_name_is_nearly_a_columns_is_asked_about()
    {
        var model = Undeclared(new TensorDescription("Age", TensorDatatype.Fp32, [-1, 1]), new TensorDescription("fare", TensorDatatype.Fp32, [-1, 1]));

        var refusal = Refusal(model, ["fare", "age", "name"], [], null);

        Assert.StartsWith("which column is input 'Age' of model 'sum'? None is called so, and neither --columns nor its model.json says", refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith("if it is these: --columns Age=age; ", refusal.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Single_inputs_are_not_dealt_columns_by_their_order()
    {
        var model = Undeclared(new TensorDescription("age", TensorDatatype.Fp32, [-1]), new TensorDescription("fare", TensorDatatype.Fp32, [-1]));

        Assert.Equal(
            "say which: --columns age=COLUMN --columns fare=COLUMN; the file has 'years', 'paid'", Refusal(model, ["years", "paid"], [], null).Hint);
    }

    [Theory]
    [InlineData(new[] { "id", "a", "b", "a" }, "columns 2 and 4")]
    [InlineData(new[] { "a", "b", "a", "a" }, "columns 1, 3 and 4")]
    public void A_declared_name_that_is_there_twice_is_refused_with_its_places(string[] header, string places)
    {
        var message = Refusal(SumModel.Labelled, header, [], null).Message;

        Assert.Contains("column 'a' is in the file", message, StringComparison.Ordinal);
        Assert.Contains(places, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_doubled_name_of_an_input_is_refused() => Assert.StartsWith(
        "column 'x' is in the file twice (columns 1 and 3), and input 'x' needs it",
        Refusal(Undeclared(new TensorDescription("x", TensorDatatype.Fp32, [-1, 1])), ["x", "y", "x"], [], null).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_doubled_name_that_nothing_needs_is_fine() =>
        Assert.Equal([0, 1], InputMapping.Resolve(SumModel.Labelled, ["a", "b", "note", "note"], [], null).Inputs[0].Columns);

    [Fact]
    public void Columns_that_do_not_fill_the_input_are_refused()
    {
        var misuse = Refusal(s_undeclared, s_header, ["x=id,a,b"], "label");

        Assert.Equal("input 'x' of model 'sum' has shape [-1,2], which 3 columns do not fill", misuse.Message);
        Assert.Contains("--columns x=", misuse.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_column_is_named_with_those_near_it()
    {
        var misuse = Refusal(SumModel.Labelled, s_header, ["x=a,lable"], null);

        Assert.Equal("no column 'lable' in the file, for input 'x'", misuse.Message);
        Assert.Equal("did you mean 'label'?", misuse.Hint);
    }

    [Theory]
    [InlineData(new[] { "id", "A", "B" }, "no column 'a' and 1 more in the file", "did you mean 'A'? If it is these, --columns goes before model.json: --columns x=A,B")]
    [InlineData(new[] { "a", " b" }, "no column 'b' in the file", "--columns 'x=a,\" b\"'")]
    [InlineData(new[] { "\uFEFFa", "b" }, "no column 'a' in the file", "U+FEFF: take that out of the file. If it is these, --columns goes before model.json: --columns x=:1,:2")]
    public void A_file_whose_names_look_like_the_declared_ones_is_given_the_option(string[] header, string message, string hint)
    {
        var misuse = Refusal(SumModel.Labelled, header, [], null);

        Assert.StartsWith(message, misuse.Message, StringComparison.Ordinal);
        Assert.Contains(hint, misuse.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_inputs_want_to_be_told_apart()
    {
        Assert.Contains("which columns are inputs 'x', 'y'", Refusal([]), StringComparison.Ordinal);
        Assert.Contains("has 2 inputs", Refusal(["a"]), StringComparison.Ordinal);
        Assert.Contains("no input 'z'", Refusal(["z=a"]), StringComparison.Ordinal);
        Assert.Contains("names the columns of input 'x' twice", Refusal(["x=a", "x=b"]), StringComparison.Ordinal);

        static string Refusal(string[] columns) => InputMappingTests.Refusal(s_twoInputs, s_header, columns, null).Message;
    }

    [Theory]
    [InlineData("\"a=b\",c", new[] { 0, 1 })]
    [InlineData("x=\"a=b\",c", new[] { 0, 1 })]
    [InlineData("x=a=b,c", new[] { 0, 1 })]
    public void A_column_with_an_equals_sign_can_be_named(string option, int[] columns) =>
        Assert.Equal(columns, InputMapping.Resolve(s_undeclared, ["a=b", "c"], [option], null).Inputs[0].Columns);

    [Fact]
    public void The_mapping_can_be_told_in_words()
    {
        var header = new[] { "id", "p_0", "p_1", "p_2", "a, b", "label" };
        var model = Undeclared(new TensorDescription("x", TensorDatatype.Fp32, [-1, 1, 4]));

        var mapping = InputMapping.Resolve(model, header, ["\"a, b\",p_0..p_2"], "label");

        Assert.Equal(["x [1,4] <- \"a, b\", p_0..p_2 (columns 5, 2 to 4)"], mapping.Describe());
        Assert.Equal("not used: id (column 1)", mapping.DescribeUnused(label: 5));
        Assert.Equal("not used: id, label (columns 1, 6)", mapping.DescribeUnused(label: null));
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
        var model = Undeclared(new TensorDescription("image", TensorDatatype.Fp32, [-1, 1, 2, 2]));

        Assert.Equal([1L, 2, 2], InputMapping.Resolve(model, s_header, ["id..label"], null).Inputs[0].RowShape);
    }

    [Fact]
    public void A_model_without_a_batch_dimension_takes_one_row_a_job()
    {
        var model = Undeclared(new TensorDescription("v", TensorDatatype.Fp32, [3]));

        var mapping = InputMapping.Resolve(model, s_header, ["id..b"], "label");

        Assert.False(mapping.IsBatched);
        Assert.Equal([3L], mapping.Inputs[0].RowShape);
    }

    private static ModelDescription Undeclared(params TensorDescription[] inputs) => SumModel.Labelled with { Columns = Declared(), Inputs = inputs };

    private static Dictionary<string, IReadOnlyList<string>> Declared(string? input = null, params string[] columns) =>
        input is null ? new(StringComparer.Ordinal) : new(StringComparer.Ordinal) { [input] = columns };

    private static UsageException Refusal(ModelDescription model, string[] header, string[] columns, string? label) =>
        Assert.Throws<UsageException>(() => InputMapping.Resolve(model, header, columns, label));
}
