using Millrace.Scoring.Cells;

namespace Millrace.Cli.Tests.Score;

public sealed class MissingCellsTests
{
    [Fact]
    public async Task Rows_of_nothing_but_empty_fields_are_rows_and_are_told()
    {
        using var cli = EchoModel.Of(TensorDatatype.Fp32, "a");

        var outcome = await cli.ScoreAsync("a;note\n1;x\n;\n\"\"; \n", "--missing", "0");

        Assert.Equal(["1", "0", "0"], outcome.Rows().Select(row => row.Split(';')[2]));
        Assert.Contains("2 rows have nothing but empty fields (the first is line 3)", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_numbers_fail_their_rows_and_the_option_is_named()
    {
        using var cli = EchoModel.Of(TensorDatatype.Fp32, "a");

        var outcome = await cli.ScoreAsync("id,a\n1,1.5\n2,\n3,inf\n4,NA\n5,NaN\n");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("line 3: column 'a': empty, expected FP32 (a number such as -1.5, 2e3 or NaN); --missing nan reads a missing number as NaN", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("line 5: column 'a': found 'NA'", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["1.5", "", "Infinity", "", "NaN"], outcome.Rows().Select(row => row.Split(',')[2]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("\"\"")]
    [InlineData("NA")]
    [InlineData("N/A")]
    [InlineData("n/a")]
    [InlineData("#N/A")]
    [InlineData("<NA>")]
    [InlineData("#NV")]
    [InlineData("#N/D")]
    [InlineData("-nan")]
    [InlineData("NaN")]
    [InlineData("nan")]
    [InlineData("NULL")]
    [InlineData("null")]
    [InlineData("None")]
    [InlineData("\\N")]
    public async Task Missing_numbers_are_what_the_option_says(string cell)
    {
        using var cli = EchoModel.Of(TensorDatatype.Fp32, "a");
        Assert.Equal($"2,{cell},NaN,", (await cli.ScoreAsync($"id,a\n1,1.5\n2,{cell}\n", "--missing", "nan")).Rows()[1]);
        Assert.Equal($"2,{cell},-1,", (await cli.ScoreAsync($"id,a\n1,1.5\n2,{cell}\n", "--missing", "-1")).Rows()[1]);
        using var whole = EchoModel.Of(TensorDatatype.Int32, "a");
        Assert.Equal($"2,{cell},0,", (await whole.ScoreAsync($"id,a\n1,1\n2,{cell}\n", "--missing", "0")).Rows()[1]);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("-")]
    [InlineData("#DIV/0!")]
    [InlineData("#WERT!")]
    public async Task What_is_no_number_and_not_missing_is_an_error(string cell)
    {
        using var cli = EchoModel.Of(TensorDatatype.Fp32, "a");
        var outcome = await cli.ScoreAsync($"id,a\n2,{cell}\n", "--missing", "nan");
        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains($"found '{cell}'", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_floats_have_a_NaN()
    {
        using var whole = EchoModel.Of(TensorDatatype.Int64, "a");
        (await whole.ScoreAsync("id,a\n1,\n2,3\n", "--missing", "nan")).WasRefused(whole, "--missing nan: no input can be that: 'x' is INT64");
        using var boolean = EchoModel.Of(TensorDatatype.Bool, "a");
        (await boolean.ScoreAsync("id,a\n1,NA\n", "--missing", "nan")).WasRefused(boolean, "'x' is BOOL");
        Assert.Equal(["1,NA,false,"], (await boolean.ScoreAsync("id,a\n1,NA\n", "--missing", "false")).Rows());

        // Beside a float, a whole number's row says why it has none.
        Assert.Equal("; INT64 has no NaN: --missing VALUE reads a missing one as VALUE", MissingCells.AreNan.Explain(TensorDatatype.Int64));
    }

    [Theory]
    [InlineData("1.234,5", "1234.5")]
    [InlineData("1.234", "1234")]
    [InlineData("-0,5", "-0.5")]
    [InlineData("nan", "NaN")]
    public async Task What_is_read_instead_is_written_by_the_files_marks(string value, string read)
    {
        using var cli = EchoModel.Of(TensorDatatype.Fp32, "a");

        Assert.Equal([$"1;;{read};", "2;1,5;1.5;"], (await cli.ScoreAsync("id;a\n1;\n2;1,5\n", "--decimal", ",", "--thousands", ".", "--missing", value)).Rows());
    }

    [Theory]
    [InlineData("-1.5", "--decimal ,", "'x' is FP32 (a number such as -1,5, 2e3 or NaN)", "by --decimal ,;")]
    [InlineData("1.23", "--thousands .", "'x' is FP32 (a number such as -1,5, 2e3 or NaN)", "by --decimal , --thousands .;")]
    [InlineData("1,5", "--decimal .", "'x' is FP32 (a number such as -1.5, 2e3 or NaN)", "as the file's cells are;")]
    public async Task What_is_read_instead_and_is_written_by_other_marks_is_refused(string value, string options, string expected, string how)
    {
        using var cli = EchoModel.Of(TensorDatatype.Fp32, "a");

        (await cli.ScoreAsync("id;a\n1;\n2;1\n", [.. options.Split(' '), "--missing", value])).WasRefused(cli, $"--missing {value}: no input can be that: {expected}", how);
    }

    [Fact]
    public async Task A_text_is_never_missing()
    {
        using var cli = EchoModel.Of(TensorDatatype.Bytes, "a");
        Assert.Equal(["1,,,", "2,NA,NA,", "3,null,null,"], (await cli.ScoreAsync("id,a\n1,\n2,NA\n3,null\n")).Rows());
    }

    [Fact]
    public async Task A_value_that_no_input_can_have_is_refused()
    {
        using var cli = EchoModel.Of(TensorDatatype.Int64, "a");
        (await cli.ScoreAsync("id,a\n1,2\n", "--missing", "none at all")).WasRefused(cli, "--missing none at all: no input can be that: 'x' is INT64");
    }
}
