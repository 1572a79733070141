using Millrace.Cli.Score;
using Millrace.Scoring.Labels;
using Millrace.Scoring.Runs;

namespace Millrace.Cli.Tests.Score;

public sealed class SummaryTextTests
{
    private static readonly EvaluationDescription s_evaluation = new("digits.csv", "abc", "label", HeldOutEvery: 5, HeldOutFirst: 5);

    [Fact]
    public void It_says_how_many_how_fast_how_well_where_and_how_to_see_more()
    {
        var labels = Tally(TensorDatatype.Bytes);
        for (var row = 0; row < 1797; row++)
        {
            labels.Add(row, "1", row % 200 == 4 ? "0" : "1");
        }

        Assert.Equal(
            [
                "scored     1,797 rows in 0.50 s, 3,594 rows per second, mean batch 62.0 rows; first row 0.91 s after the start",
                "accuracy   99.5 % of 1,797 against 'label', rows of the training included",
                "held out   rows 5, 10, 15, … (every 5th, never trained on): 97.5 % of 359",
                "output     scored/digits.csv",
                "run        0192f0c1-7a3b-7c4d-8e5f-0123456789ab",
                "results    ./run results --run 0192f0c1-7a3b-7c4d-8e5f-0123456789ab --limit 5",
            ],
            Lines(labels));
    }

    [Fact]
    public void Numbers_have_their_errors()
    {
        var labels = Tally(TensorDatatype.Fp32);
        labels.Add(0, "3", "2.5");
        labels.Add(1, "-0.5", "0");
        labels.Add(2, "2", "2");
        labels.Add(3, "7", "8");
        labels.Add(4, "", "8");
        labels.Add(5, "NA", "8");
        labels.Add(6, "n/a", "8");
        labels.Add(7, "1", "NaN");

        Assert.Equal(
            [
                "errors     MAE 0.5, RMSE 0.612372, R² 0.9486 over 4 rows against 'label'",
                "label      not compared: 1 label is empty; 2 labels are not a finite number as output 'y' gives, the first 'NA'; 1 prediction is NaN or infinite",
            ],
            Lines(labels, sha256: "other").Skip(1).Take(2));
    }

    [Fact]
    public void Errors_whose_squares_are_too_large_for_a_number_have_their_mean()
    {
        var labels = Tally(TensorDatatype.Fp64);
        labels.Add(0, "1e300", "0");
        labels.Add(1, "-1e300", "0");
        Assert.Equal("errors     MAE 1E+300, RMSE 1E+300, R² 0 over 2 rows against 'label'", Lines(labels, sha256: "other").ElementAt(1));

        labels = Tally(TensorDatatype.Fp64);
        labels.Add(0, "1.7e308", "-1.7e308");
        labels.Add(1, "1", "1");
        Assert.Equal("errors     MAE 1.7E+308, RMSE over 1.79769E+308, R² -7 over 2 rows against 'label'", Lines(labels, sha256: "other").ElementAt(1));

        labels = Tally(TensorDatatype.Fp64);
        labels.Add(0, "1", "1e300");
        labels.Add(1, "2", "2");
        Assert.EndsWith(", R² below -1.79769E+308 over 2 rows against 'label'", Lines(labels, sha256: "other").ElementAt(1), StringComparison.Ordinal);

        labels = Tally(TensorDatatype.Fp64);
        labels.Add(0, "1e-200", "2e-200");
        labels.Add(1, "3e-200", "3e-200");
        Assert.Equal("errors     MAE 5E-201, RMSE 7.07107E-201, R² 0.5 over 2 rows against 'label'", Lines(labels, sha256: "other").ElementAt(1));
    }

    [Fact]
    public void R2_that_is_not_defined_is_no_NaN()
    {
        var labels = Tally(TensorDatatype.Fp32);
        labels.Add(0, "3", "2");

        Assert.Equal("errors     MAE 1, RMSE 1, R² undefined (all labels are the same) over 1 rows against 'label'", Lines(labels, sha256: "other").ElementAt(1));
    }

    [Fact]
    public void Labels_of_another_kind_are_told()
    {
        var labels = Tally(TensorDatatype.Int64);
        labels.Add(0, "setosa", "0");
        labels.Add(1, "setosa", "0");

        Assert.Equal(
            "label      'label' was not compared: 2 labels are not a finite number as output 'y' gives, the first 'setosa'",
            Lines(labels, sha256: "other").ElementAt(1));
    }

    [Fact]
    public void Where_nothing_was_right_two_texts_are_shown()
    {
        var labels = Tally(TensorDatatype.Bytes);
        labels.Add(0, "Setosa", "setosa");
        labels.Add(1, "Virginica", "virginica");

        Assert.Equal(
            "accuracy   0.0 % of 2 against 'label'; the first: label 'Setosa', prediction 'setosa'", Lines(labels, sha256: "other").ElementAt(1));
    }

    [Fact]
    public void What_was_not_compared_says_why()
    {
        var plan = new LabelPlan { Name = "label", Column = 2, Obstacle = "there are two outputs" };

        Assert.Equal("label      'label' was not compared: there are two outputs", Lines(labels: null, plan: plan).ElementAt(1));
        Assert.Equal("label      'label' was not compared: no row has an output", Lines(Tally(TensorDatatype.Bytes)).ElementAt(1));
    }

    private static LabelTally Tally(TensorDatatype datatype) => new(new LabelTarget("y", datatype, Reason: null), s_evaluation);

    private static IEnumerable<string> Lines(LabelTally? labels, LabelPlan? plan = null, string sha256 = "ABC") => new SummaryText
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
            Sha256 = sha256,
        },
        RunId = Guid.Parse("0192f0c1-7a3b-7c4d-8e5f-0123456789ab"),
        Output = "scored/digits.csv",
        Label = plan ?? new LabelPlan { Name = "label", Column = 2, Target = labels?.Target },
        Evaluation = s_evaluation,
        MeanBatchRows = 61.97,
        FirstRowAfter = TimeSpan.FromSeconds(0.914),
        ResultsCommand = "./run results --run 0192f0c1-7a3b-7c4d-8e5f-0123456789ab --limit 5",
    }.Lines();
}
