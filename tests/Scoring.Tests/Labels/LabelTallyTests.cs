using Millrace.Scoring.Labels;

namespace Millrace.Scoring.Tests.Labels;

public sealed class LabelTallyTests
{
    [Fact]
    public void Held_out_rows_are_counted_from_1()
    {
        var tally = Tally(TensorDatatype.Bytes, new EvaluationDescription("f.csv", "", "label", HeldOutEvery: 5, HeldOutFirst: 3));

        for (var row = 0; row < 20; row++)
        {
            // Rows 3, 8, 13 and 18; only the first of them is right.
            tally.Add(row, "1", row == 2 ? "1" : "0");
        }

        Assert.Equal((20, 1), (tally.All.Rows, tally.All.Hits));
        Assert.Equal((4, 1), (tally.HeldOut.Rows, tally.HeldOut.Hits));
    }

    [Theory]
    [InlineData(TensorDatatype.Bytes, "7", "7", true)]
    [InlineData(TensorDatatype.Bytes, " 7 ", "7", true)]
    [InlineData(TensorDatatype.Bytes, "7.0", "7", true)]
    [InlineData(TensorDatatype.Bytes, "007", "7", false)]
    [InlineData(TensorDatatype.Bytes, "seven", "seven", true)]
    [InlineData(TensorDatatype.Bytes, "Seven", "seven", false)]
    [InlineData(TensorDatatype.Bytes, "1,000", "1000", false)]
    [InlineData(TensorDatatype.Int64, "7.0", "7", true)]
    [InlineData(TensorDatatype.Int64, "7e0", "7", true)]
    [InlineData(TensorDatatype.Int64, "7.5", "7", false)]
    [InlineData(TensorDatatype.Int64, "9007199254740993", "9007199254740992", false)]
    [InlineData(TensorDatatype.UInt64, "18446744073709551615", "18446744073709551615", true)]
    [InlineData(TensorDatatype.Bool, "True", "true", true)]
    [InlineData(TensorDatatype.Bool, "0", "false", true)]
    [InlineData(TensorDatatype.Bool, "1", "false", false)]
    public void A_class_is_a_text_or_a_spelling_of_one_number(TensorDatatype datatype, string label, string prediction, bool same)
    {
        var tally = Tally(datatype);

        tally.Add(0, label, prediction);

        Assert.Equal((1, same ? 1 : 0), (tally.All.Rows, tally.All.Hits));
        Assert.Equal(0, tally.HeldOut.Rows);
    }

    [Theory]
    [InlineData(TensorDatatype.Bytes, "", 1, 0)]
    [InlineData(TensorDatatype.Int64, "  ", 1, 0)]
    [InlineData(TensorDatatype.Fp32, "", 1, 0)]
    [InlineData(TensorDatatype.Int64, "setosa", 0, 1)]
    [InlineData(TensorDatatype.Int64, "1,000", 0, 1)]
    [InlineData(TensorDatatype.Bool, "maybe", 0, 1)]
    [InlineData(TensorDatatype.Fp32, "NA", 0, 1)]
    [InlineData(TensorDatatype.Fp32, "NaN", 0, 1)]
    [InlineData(TensorDatatype.Fp64, "inf", 0, 1)]
    [InlineData(TensorDatatype.Fp64, "1,5", 0, 1)]
    public void Labels_that_cannot_be_compared_are_counted(TensorDatatype datatype, string label, int empty, int other)
    {
        var tally = Tally(datatype);

        tally.Add(0, label, "1");

        Assert.Equal((empty, other, 0), (tally.EmptyLabels, tally.OtherLabels, tally.All.Rows));
        Assert.Equal(other == 1 ? label : null, tally.FirstOtherLabel);
    }

    [Fact]
    public void Numbers_have_mean_errors_and_R2()
    {
        var tally = Tally(TensorDatatype.Fp32, new EvaluationDescription("f.csv", "", "y", HeldOutEvery: 2, HeldOutFirst: 1));

        // Errors -0.5, 0.5, 0, 1 of labels whose squared distances from their mean 2.875 come to 29.1875.
        tally.Add(0, "3", "2.5");
        tally.Add(1, "-0.5", "0");
        tally.Add(2, "2e0", "2");
        tally.Add(3, "7", "8");

        Assert.Equal(4, tally.All.Rows);
        Assert.Equal(0.5, tally.All.MeanAbsoluteError, 12);
        Assert.Equal(0.6123724356957945, tally.All.RootMeanSquaredError, 12);
        Assert.Equal(0.9486081370449679, tally.All.RSquared!.Value, 12);
        Assert.Equal((2, 0.25), (tally.HeldOut.Rows, tally.HeldOut.MeanAbsoluteError));
    }

    [Theory]
    [InlineData("0.1")]
    [InlineData("123456789.123")]
    public void R2_of_labels_that_are_all_the_same_is_not_defined(string label)
    {
        var tally = Tally(TensorDatatype.Fp64);
        for (var row = 0; row < 1000; row++)
        {
            tally.Add(row, label, "1");
        }

        Assert.Null(tally.All.RSquared);
        Assert.True(double.IsFinite(tally.All.MeanAbsoluteError));
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    public void Predictions_that_are_no_finite_number_are_counted_and_spoil_no_mean(string prediction)
    {
        var tally = Tally(TensorDatatype.Fp32);

        tally.Add(0, "1", prediction);
        tally.Add(1, "1", "3");

        Assert.Equal((1, 1, 2d), (tally.UnboundedPredictions, tally.All.Rows, tally.All.MeanAbsoluteError));
    }

    private static LabelTally Tally(TensorDatatype datatype, EvaluationDescription? evaluation = null) =>
        new(new LabelTarget("y", datatype, Reason: null), evaluation);
}
