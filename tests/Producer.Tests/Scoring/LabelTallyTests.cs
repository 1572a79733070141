using Millrace.Producer.Scoring;
using Millrace.Worker.Inference;

namespace Millrace.Producer.Tests.Scoring;

public sealed class LabelTallyTests
{
    [Fact]
    public void Held_out_rows_are_counted_from_1()
    {
        var tally = new LabelTally(new EvaluationDescription("f.csv", "", "label", HeldOutEvery: 5, HeldOutFirst: 3));

        for (var row = 0; row < 20; row++)
        {
            // Rows 3, 8, 13 and 18; only the first of them is right.
            tally.Add(row, "1", row == 2 ? "1" : "0");
        }

        Assert.Equal((20, 1), (tally.Rows, tally.Hits));
        Assert.Equal((4, 1), (tally.HeldOutRows, tally.HeldOutHits));
    }

    [Theory]
    [InlineData("7", "7", true)]
    [InlineData(" 7 ", "7", true)]
    [InlineData("7.0", "7", true)]
    [InlineData("seven", "seven", true)]
    [InlineData("Seven", "seven", false)]
    [InlineData("", "7", false)]
    public void A_label_is_a_text_or_a_number(string label, string prediction, bool same)
    {
        var tally = new LabelTally(evaluation: null);

        tally.Add(0, label, prediction);

        Assert.Equal(same ? 1 : 0, tally.Hits);
        Assert.Equal(0, tally.HeldOutRows);
    }
}
