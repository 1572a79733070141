using Millrace.Scoring.Labels;
using Millrace.Scoring.Mapping;
using Millrace.TestKit;

namespace Millrace.Scoring.Tests.Labels;

public sealed class LabelPlanTests
{
    private static readonly string[] s_header = ["a", "b", "label", "species"];

    private static readonly ModelDescription s_sklearn = Plain(
        new TensorDescription("output_label", TensorDatatype.Int64, [-1]), new TensorDescription("output_probability", TensorDatatype.Fp32, [-1, 3]));

    [Fact]
    public void The_best_of_declared_labels_is_compared_as_classes() => Assert.Equal(
        "label <- label (column 3), compared with output 'label' as classes, for it is BYTES; the best of the model's labels",
        Choose(SumModel.Labelled)!.Describe());

    [Fact]
    public void A_classifier_of_scikit_learn_is_compared_by_its_label() => Assert.Equal(
        "label <- species (column 4), compared with output 'output_label' as classes, for it is INT64; the only output of one element a row",
        Choose(s_sklearn, "species")!.Describe());

    [Theory]
    [InlineData(TensorDatatype.Bytes, "classes")]
    [InlineData(TensorDatatype.Bool, "classes")]
    [InlineData(TensorDatatype.Int32, "classes")]
    [InlineData(TensorDatatype.UInt8, "classes")]
    [InlineData(TensorDatatype.Fp16, "numbers")]
    [InlineData(TensorDatatype.Fp32, "numbers")]
    [InlineData(TensorDatatype.Fp64, "numbers")]
    public void The_datatype_of_the_output_says_how(TensorDatatype datatype, string kind) => Assert.Equal(
        $"label <- label (column 3), compared with output 'variable' as {kind}, for it is {datatype.ToWireName()}",
        Choose(Plain(new TensorDescription("variable", datatype, [-1, 1])))!.Describe());

    [Fact]
    public void Of_several_outputs_the_one_of_the_columns_name_is_taken()
    {
        var model = Plain(new TensorDescription("species", TensorDatatype.Int64, [-1]), new TensorDescription("risk", TensorDatatype.Fp32, [-1]));

        Assert.Equal("species", Choose(model, "species")!.Target!.Output);
        Assert.EndsWith("; the output of the column's name", Choose(model, "species")!.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_outputs_that_it_could_be_are_named_with_the_option_that_chooses()
    {
        var model = Plain(new TensorDescription("price", TensorDatatype.Fp32, [-1, 1]), new TensorDescription("my risk", TensorDatatype.Fp32, [-1]));

        Assert.Equal(
            "label <- label (column 3), not compared: model 'sum' has 2 outputs that it could be: 'price', 'my risk'; "
                + "say which: --label-output=price or '--label-output=my risk'",
            Choose(model)!.Describe());
        Assert.Equal("my risk", Choose(model, askedOutput: "my risk")!.Target!.Output);
    }

    [Fact]
    public void Outputs_of_several_elements_say_how_to_get_a_label()
    {
        var plan = Choose(Plain(new TensorDescription("probabilities", TensorDatatype.Fp32, [-1, 3])), "species")!;

        Assert.Null(plan.Target);
        Assert.Contains("output 'probabilities' has 3 elements a row", plan.Obstacle, StringComparison.Ordinal);
        Assert.Contains("\"labels\": {\"probabilities\": [", plan.Obstacle, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_declared_labels_one_is_to_be_chosen()
    {
        var model = SumModel.Labelled with
        {
            LabelOutputs = ["kind_label", "size_label"],
            PredictionOutput = "kind_label",
            Outputs = [new TensorDescription("kind_label", TensorDatatype.Bytes, [-1, 2]), new TensorDescription("size_label", TensorDatatype.Bytes, [-1, 2])],
        };

        Assert.Contains("--label-output=kind_label or --label-output=size_label", Choose(model)!.Obstacle, StringComparison.Ordinal);
        Assert.Equal("size_label", Choose(model, askedOutput: "size_label")!.Target!.Output);
    }

    [Fact]
    public void An_output_that_cannot_be_compared_is_refused()
    {
        var refusal = Assert.Throws<UsageException>(() => Choose(s_sklearn, askedOutput: "output_probability"));
        Assert.Contains("output 'output_probability' has 3 elements a row", refusal.Message, StringComparison.Ordinal);

        refusal = Assert.Throws<UsageException>(() => Choose(s_sklearn, askedOutput: "output_labels"));
        Assert.Equal("did you mean 'output_label'?", refusal.Hint);

        refusal = Assert.Throws<UsageException>(() => Choose(s_sklearn, askedOutput: "output_label", header: ["a", "b"]));
        Assert.Contains("no column with right answers", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_that_is_there_twice_is_refused_where_it_was_asked_for_and_told_where_it_was_not()
    {
        string[] header = ["a", "b", "label", "label"];

        var refusal = Assert.Throws<UsageException>(() => Choose(SumModel.Labelled, "label", header: header));
        Assert.Equal("column 'label' is in the file twice (columns 3 and 4), and --label needs it", refusal.Message);
        Assert.Contains(":3", refusal.Hint, StringComparison.Ordinal);

        var plan = Choose(SumModel.Labelled, header: header)!;
        Assert.Null(plan.Column);
        Assert.Equal("'label' is in the file twice (columns 3 and 4); say which holds the right answers by its number, such as --label :3", plan.Obstacle);

        Assert.Equal(3, Choose(SumModel.Labelled, ":4", header: header)!.Column);
    }

    [Fact]
    public void A_column_that_is_an_input_is_no_label_unless_it_is_asked_for()
    {
        var model = Plain(new TensorDescription("y", TensorDatatype.Fp32, [-1, 1])) with
        {
            Inputs = [new TensorDescription("label", TensorDatatype.Fp32, [-1, 1])],
        };

        Assert.Null(Choose(model));
        Assert.Equal(2, Choose(model, "label")!.Column);
    }

    private static ModelDescription Plain(params TensorDescription[] outputs) => SumModel.Plain with { Outputs = outputs };

    private static LabelPlan? Choose(ModelDescription model, string? asked = null, string? askedOutput = null, string[]? header = null) =>
        LabelPlan.Choose(asked, askedOutput, model, InputMapping.Resolve(model, header ?? s_header, [], labelColumn: null));
}
