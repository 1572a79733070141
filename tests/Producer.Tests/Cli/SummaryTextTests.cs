using Millrace.Producer.Cli;
using Millrace.Producer.Scoring;
using Millrace.Worker.Inference;

namespace Millrace.Producer.Tests.Cli;

public sealed class SummaryTextTests
{
    [Fact]
    public void It_says_how_many_how_fast_how_well_where_and_how_to_see_more()
    {
        var labels = new LabelTally(new EvaluationDescription("digits.csv", "abc", "label", HeldOutEvery: 5, HeldOutFirst: 5));
        for (var row = 0; row < 1797; row++)
        {
            labels.Add(row, "1", row % 200 == 4 ? "0" : "1");
        }

        var text = new SummaryText
        {
            Summary = new ScoreSummary
            {
                Rows = 1797,
                FailedRows = 0,
                Jobs = 29,
                Complaints = [],
                Elapsed = TimeSpan.FromSeconds(0.5),
                FirstRowAt = 1,
                Labels = labels,
                Sha256 = "ABC",
            },
            RunId = Guid.Parse("0192f0c1-7a3b-7c4d-8e5f-0123456789ab"),
            Output = "scored/digits.csv",
            LabelColumn = "label",
            Evaluation = new EvaluationDescription("digits.csv", "abc", "label", HeldOutEvery: 5, HeldOutFirst: 5),
            MeanBatchRows = 61.97,
            FirstRowAfter = TimeSpan.FromSeconds(0.914),
            ResultsCommand = "./run results --run 0192f0c1-7a3b-7c4d-8e5f-0123456789ab --limit 5",
        };

        Assert.Equal(
            [
                "scored     1,797 rows in 0.50 s, 3,594 rows per second, mean batch 62.0 rows; first row 0.91 s after the start",
                "accuracy   99.5 % of 1,797 against 'label', rows of the training included",
                "held out   rows 5, 10, 15, … (every 5th, never trained on): 97.5 % of 359",
                "output     scored/digits.csv",
                "run        0192f0c1-7a3b-7c4d-8e5f-0123456789ab",
                "results    ./run results --run 0192f0c1-7a3b-7c4d-8e5f-0123456789ab --limit 5",
            ],
            text.Lines());
    }
}
