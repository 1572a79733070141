using Millrace.Producer.Scoring;
using Millrace.Worker.Inference;

namespace Millrace.Producer.Tests.Scoring;

public sealed class OutputPlanTests
{
    [Fact]
    public void Labels_become_prediction_and_confidence() =>
        Assert.Equal(["prediction", "confidence"], Headers(SumModel.Labelled, ["a"]));

    [Fact]
    public void A_column_that_is_there_already_is_not_written_over() =>
        Assert.Equal(["prediction_2", "confidence"], Headers(SumModel.Labelled, ["prediction", "a"]));

    [Fact]
    public void Without_labels_every_element_has_a_column() =>
        Assert.Equal(
            ["single", "pair_0", "pair_1", "ragged"],
            Headers(
                SumModel.Plain with
                {
                    Outputs =
                    [
                        new TensorDescription("single", TensorDatatype.Fp32, [-1, 1]),
                        new TensorDescription("pair", TensorDatatype.Fp32, [-1, 2]),
                        new TensorDescription("ragged", TensorDatatype.Fp32, [-1, -1]),
                    ],
                },
                ["a"]));

    private static IEnumerable<string> Headers(ModelDescription model, string[] header) =>
        OutputPlan.For(model, isBatched: true, header).Columns.Select(column => column.Header);
}
