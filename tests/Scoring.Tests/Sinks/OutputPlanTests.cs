using Millrace.Scoring.Sinks;
using Millrace.TestKit;

namespace Millrace.Scoring.Tests.Sinks;

public sealed class OutputPlanTests
{
    private static readonly ModelDescription s_classifier = SumModel.Labelled with
    {
        Outputs = [new TensorDescription("probabilities", TensorDatatype.Fp32, [-1, 3]), .. SumModel.Labelled.Outputs],
    };

    private static readonly ModelDescription s_plain = SumModel.Plain with
    {
        Outputs =
        [
            new TensorDescription("single", TensorDatatype.Fp32, [-1, 1]),
            new TensorDescription("pair", TensorDatatype.Fp32, [-1, 2]),
            new TensorDescription("ragged", TensorDatatype.Fp32, [-1, -1]),
        ],
    };

    [Fact]
    public void Labels_become_prediction_and_confidence() =>
        Assert.Equal(["prediction", "confidence"], Headers(SumModel.Labelled, ["a"]));

    [Fact]
    public void A_column_that_is_there_already_is_not_written_over() =>
        Assert.Equal(["prediction_2", "confidence"], Headers(SumModel.Labelled, ["prediction", "a"]));

    [Fact]
    public void Without_labels_every_element_has_a_column() =>
        Assert.Equal(["single", "pair_0", "pair_1", "ragged"], Headers(s_plain, ["a"]));

    [Theory]
    [InlineData("all", "prediction,confidence,probabilities_0,probabilities_1,probabilities_2")]
    [InlineData("probabilities", "probabilities_0,probabilities_1,probabilities_2")]
    [InlineData("probabilities,prediction", "probabilities_0,probabilities_1,probabilities_2,prediction")]
    [InlineData(" label , \"score\"", "label,score")]
    public void Outputs_are_chosen_by_their_names(string asked, string headers) =>
        Assert.Equal(headers.Split(','), Headers(s_classifier, ["a"], asked));

    [Theory]
    [InlineData("all", "single,pair_0,pair_1,ragged")]
    [InlineData("pair", "pair_0,pair_1")]
    public void Outputs_without_labels_are_chosen_too(string asked, string headers) => Assert.Equal(headers.Split(','), Headers(s_plain, ["a"], asked));

    [Fact]
    public void All_holds_every_label_where_there_are_several_a_row() => Assert.Equal(
        ["prediction", "confidence", "label_0", "label_1", "score_0", "score_1"],
        Headers(
            SumModel.Labelled with
            {
                Outputs = [new TensorDescription("label", TensorDatatype.Bytes, [-1, 2]), new TensorDescription("score", TensorDatatype.Fp32, [-1, 2])],
            },
            ["a"],
            "all"));

    [Fact]
    public void An_output_of_the_graph_that_is_called_prediction_is_another_one()
    {
        var model = SumModel.Labelled with { Outputs = [new TensorDescription("prediction", TensorDatatype.Int64, [-1]), .. SumModel.Labelled.Outputs] };

        Assert.Equal("label", OutputPlan.For(model, isBatched: true, ["a"]).Columns[0].Output);
        Assert.Equal(["prediction", "confidence", "prediction_2"], Headers(model, ["a"], "all"));
    }

    [Theory]
    [InlineData("probabilitys", "model 'sum' has no output 'probabilitys'", "did you mean 'probabilities'?")]
    [InlineData("label,label", "'label' is named twice", null)]
    [InlineData("", "the list of names is empty", null)]
    public void An_output_that_is_not_there_is_refused(string asked, string reason, string? hint)
    {
        var refusal = Assert.Throws<UsageException>(() => Headers(s_classifier, ["a"], asked));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.True(hint is null || refusal.Hint == hint, refusal.Hint);
    }

    [Fact]
    public void What_is_not_written_is_told()
    {
        Assert.Equal(
            "not written: output 'probabilities' (--outputs chooses, --outputs all writes them all)",
            OutputPlan.For(s_classifier, isBatched: true, ["a"]).Describe());
        Assert.Null(OutputPlan.For(s_classifier, isBatched: true, ["a"], "all").Describe());
        Assert.Null(OutputPlan.For(s_plain, isBatched: true, ["a"]).Describe());
    }

    private static IEnumerable<string> Headers(ModelDescription model, string[] header, string? asked = null) =>
        OutputPlan.For(model, isBatched: true, header, asked).Columns.Select(column => column.Header);
}
