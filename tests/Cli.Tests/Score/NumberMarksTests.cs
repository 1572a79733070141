using Millrace.TestKit;

namespace Millrace.Cli.Tests.Score;

public sealed class NumberMarksTests : IDisposable
{
    // More than what is looked at before the first job.
    private const int ManyRows = 20_000;

    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Thousands_are_read_where_they_are_said_and_refused_in_their_row_otherwise()
    {
        const string File = "item,a,b\nx,\"1,234.50\",2\ny,\"100,000.00\",1\nz,5,6\n";

        Assert.Equal(
            ["x,\"1,234.50\",2,1236.5,0.5,", "y,\"100,000.00\",1,100001,0.5,", "z,5,6,11,0.5,"], (await _cli.ScoreAsync(File, "--thousands", ",")).Rows());

        var unsaid = await _cli.ScoreAsync(File);
        Assert.Equal(3, unsaid.ExitCode);
        Assert.Contains("line 2: column 'a': found '1,234.50', expected FP32 (a number such as -1.5, 2e3 or NaN); --thousands ,", unsaid.Error, StringComparison.Ordinal);
        Assert.Equal("z,5,6,11,0.5,", unsaid.Rows()[2]);
    }

    [Theory]
    [InlineData("a;b;label\n1;2;321\n4;5;1.654\n0;0;1,5\n", "line 4: column 'label' has '1,5', a number with a decimal comma")]
    [InlineData("a;b;label\n1;2;1.234\n4;5;2.500\n", "line 2: column 'label' has '1.234', which in a file that is not separated by commas may be a fraction or thousands")]
    public async Task A_label_that_shows_other_marks_refuses_the_file_as_an_input_does(string file, string error)
    {
        using var cli = new CliRun
        {
            Model = SumModel.Plain with { Outputs = [new TensorDescription("y", TensorDatatype.Fp32, [-1, 1])] },
            Transport = new ScriptedTransport((job, _) => Task.FromResult(new PredictionResult
            {
                Status = JobStatus.Succeeded,
                Outputs = [Tensor.Create<float>("y", [job.Inputs[0].Shape[0], 1], new float[job.Inputs[0].Shape[0]])],
            })),
        };

        var outcome = await cli.ScoreAsync(file);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Empty(outcome.Out);
        Assert.Contains(error, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("--decimal ,", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decimal_commas_are_read_where_they_are_said()
    {
        var outcome = await _cli.ScoreAsync("item;a;b\nx;1.234,50;2\ny;1.234;1\nz;5,5;6\n", "--decimal", ",", "--thousands", ".");

        Assert.Equal(["x;1.234,50;2;1236.5;0.5;", "y;1.234;1;1235;0.5;", "z;5,5;6;11.5;0.5;"], outcome.Rows());
    }

    [Theory]
    [InlineData("item;a;b\ny;1.234;1\nx;1.234,50;2\n", "line 3: column 'a' has '1.234,50', a number with a decimal comma", "--decimal , --thousands . reads")]
    [InlineData("item;a;b\nz;5,5;6\n", "line 2: column 'a' has '5,5'", "--decimal , reads")]
    [InlineData("item,a,b\nz,\"5,5\",6\n", "line 2: column 'a' has '5,5'", "--decimal , reads")]
    [InlineData("item\ta\tb\nz\t0.5\t6\ny\t1 234,5\t1\n", "'1 234,5'", "--decimal , --thousands space reads")]
    [InlineData("item;a;b\nz;1;1,234\n", "column 'b' has '1,234'", "--decimal , (a fraction) or --thousands , (thousands)")]
    [InlineData("item,a,b\nz,1.234,1\ny,1.234.567,1\n", "'1.234.567', a number with a point between its thousands", "--decimal , --thousands .")]
    [InlineData("item;a;b\nz;1.234;1\n", "'1.234', which in a file that is not separated by commas may be a fraction or thousands", "--decimal . takes")]
    [InlineData("item\ta\tb\nz\t1.234\t1\n", "'1.234', which in a file that is not separated by commas may be a fraction or thousands", "--decimal . takes")]
    public async Task A_file_of_other_marks_is_refused_before_its_first_job(string file, string error, string option) =>
        (await _cli.ScoreAsync(file)).WasRefused(_cli, error, option);

    [Theory]
    [InlineData("a;b\n0.5;1\n1.234;1\n", "1.234;1;2.234;0.5;")]
    [InlineData("a;b\n1.234;1\n1.25;1\n", "1.234;1;2.234;0.5;")]
    [InlineData("a;b\n1.234;1234.567\n", "1.234;1234.567;1235.801;0.5;")]
    [InlineData("a,b\n1.234,1\n", "1.234,1,2.234,0.5,")]
    public async Task Where_the_file_shows_decimal_points_nothing_is_asked(string file, string row) =>
        Assert.Contains(row, (await _cli.ScoreAsync(file)).Rows());

    [Fact]
    public async Task A_person_may_say_that_the_point_is_the_decimal_mark()
    {
        Assert.Equal(["1.234;1;2.234;0.5;"], (await _cli.ScoreAsync("a;b\n1.234;1\n", "--decimal", ".")).Rows());

        var mistake = await _cli.ScoreAsync("a;b\n1.234;1\n5,5;1\n", "--decimal", ".");
        Assert.Equal(3, mistake.ExitCode);
        Assert.Equal("1.234;1;2.234;0.5;", mistake.Rows()[0]);
    }

    [Fact]
    public async Task A_comma_that_turns_up_late_ends_the_run_and_names_the_rows_before_it()
    {
        var rows = string.Concat(Enumerable.Repeat("1.234,1\n", ManyRows));

        var outcome = await _cli.ScoreAsync($"a,b\n{rows}\"1.234,50\",1\n", "--rows-per-job", "5000");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"line {ManyRows + 2}: column 'a' has '1.234,50'", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"rows 1 to {ManyRows} were read with decimal points before it", outcome.Error, StringComparison.Ordinal);
        Assert.Matches("run [0-9a-f-]{36} ends in the midst of its file", outcome.Error);
    }

    [Fact]
    public async Task A_number_that_may_be_two_and_turns_up_late_ends_the_run()
    {
        var rows = string.Concat(Enumerable.Repeat("12345;1\n", ManyRows));

        var outcome = await _cli.ScoreAsync($"a;b\n{rows}1.234;1\n", "--rows-per-job", "5000");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"line {ManyRows + 2}: column 'a' has '1.234', which in a file", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_are_compared_by_the_files_marks()
    {
        var outcome = await _cli.ScoreAsync("a;b;label\n0,5;1;1,5\n1.000;1;1.001\n1;1;3\n", "--thousands", ".");

        Assert.Contains("66.7 % of 3", outcome.Error, StringComparison.Ordinal);
        Assert.Equal("0,5;1;1,5;1.5;0.5;", outcome.Rows()[0]);
    }

    [Fact]
    public async Task Text_and_columns_that_nothing_reads_show_nothing()
    {
        Assert.Equal(["5,5;1;2;3;0.5;"], (await _cli.ScoreAsync("note;a;b\n5,5;1;2\n")).Rows());
        using var text = EchoModel.Of(TensorDatatype.Bytes, "a");
        Assert.Equal(["1.234,50;x;1.234,50;"], (await text.ScoreAsync("a;b\n1.234,50;x\n")).Rows());
    }

    [Fact]
    public async Task Whole_numbers_are_whole_however_they_are_written()
    {
        using var whole = EchoModel.Of(TensorDatatype.Int64, "id");

        var outcome = await whole.ScoreAsync("id\n99999\n1e+05\n100001\n1E5\n2.0\n3.5\n9007199254740993\n");

        Assert.Equal(
            ["99999", "100000", "100001", "100000", "2", "", "9007199254740993"], outcome.Rows().Select(row => row.Split(',')[1]));
        Assert.Contains("line 7: column 'id': found '3.5'", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    // No apostrophe or space groups these digits.
    [InlineData(TensorDatatype.Fp32, "'7", "", "")]
    [InlineData(TensorDatatype.Fp32, "12\u00A034", "", "")]
    [InlineData(TensorDatatype.Fp32, "1\u00A0234", "", "; --thousands space reads it")]
    [InlineData(TensorDatatype.Fp32, "1'234.5", "", "; --thousands \"'\" reads it")]
    [InlineData(TensorDatatype.Fp32, "1,234", "", "; --decimal , (a fraction) or --thousands , (thousands) reads it")]
    // A fraction is no whole number.
    [InlineData(TensorDatatype.Int32, "1,234.5", "", "")]
    [InlineData(TensorDatatype.Int32, "1,234", "", "; --thousands , (thousands) reads it")]
    // What is said already is said.
    [InlineData(TensorDatatype.Fp32, "1.234.567", "--decimal ,", "; --thousands . reads it")]
    [InlineData(TensorDatatype.Fp32, "1,234.5", "--decimal ,", "")]
    [InlineData(TensorDatatype.Fp32, "5,5", "--decimal .", "")]
    [InlineData(TensorDatatype.Fp32, "12 34", "--thousands space", "")]
    public async Task An_option_is_named_where_it_reads_the_cell_and_is_not_said_yet(TensorDatatype datatype, string cell, string options, string hint)
    {
        using var cli = EchoModel.Of(datatype, "a");

        var outcome = await cli.ScoreAsync($"id,a\nx,\"{cell}\"\ny,1\n", options.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(3, outcome.ExitCode);
        Assert.Matches($"row 1, line 2: column 'a': found '{System.Text.RegularExpressions.Regex.Escape(cell)}', expected [^;]*{System.Text.RegularExpressions.Regex.Escape(hint)}\n", outcome.Error);
    }

    [Theory]
    [InlineData(TensorDatatype.Fp32, "12 34,5", "", "hint: no option reads it as one number; --decimal . takes")]
    [InlineData(TensorDatatype.Fp32, "1 234,5", "--thousands space", "hint: --decimal , reads such numbers; --decimal . takes")]
    [InlineData(TensorDatatype.Int64, "5,5", "", "hint: --decimal , reads such numbers, of which this is no INT64; --decimal . takes")]
    [InlineData(TensorDatatype.Fp32, "1.234", "--thousands space", "hint: --decimal . takes the point for the decimal mark\n")]
    public async Task A_refusal_names_what_reads_the_cell(TensorDatatype datatype, string cell, string options, string hint)
    {
        using var cli = EchoModel.Of(datatype, "a");

        (await cli.ScoreAsync($"id;a\nx;{cell}\n", options.Split(' ', StringSplitOptions.RemoveEmptyEntries))).WasRefused(cli, hint);
    }

    [Theory]
    [InlineData(TensorDatatype.UInt8, "300", "too large for UINT8 (a whole number from 0 to 255)")]
    [InlineData(TensorDatatype.UInt8, "-1", "too small for UINT8 (a whole number from 0 to 255)")]
    [InlineData(TensorDatatype.Int32, "99999999999", "too large for INT32 (a whole number from -2147483648 to 2147483647)")]
    [InlineData(TensorDatatype.Int64, "9223372036854775808", "too large for INT64 (a whole number from -9223372036854775808 to 9223372036854775807)")]
    [InlineData(TensorDatatype.Int64, "1e400", "too large for INT64")]
    [InlineData(TensorDatatype.Fp16, "70000", "too large for FP16 (-65500 to 65500)")]
    [InlineData(TensorDatatype.Fp32, "1e400", "too large for FP32 (-3.4028235E+38 to 3.4028235E+38)")]
    [InlineData(TensorDatatype.Fp32, "\u22121e39", "too small for FP32")]
    [InlineData(TensorDatatype.Fp64, "1e400", "too large for FP64 (-1.7976931348623157E+308 to 1.7976931348623157E+308)")]
    [InlineData(TensorDatatype.UInt8, "3.5", "expected UINT8")]
    public async Task A_number_beyond_the_datatype_is_told_its_range(TensorDatatype datatype, string cell, string error)
    {
        using var cli = EchoModel.Of(datatype, "a");

        var outcome = await cli.ScoreAsync($"id,a\nx,{cell}\ny,1\n");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains($"column 'a': found '{cell}', {error}", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fractions_that_could_all_be_thousands_are_told_once()
    {
        const string Note = "rows.csv: each number with a point in column 'a' has three digits behind it, as '1.234' has, and was read as a fraction; --thousands . reads thousands";

        var outcome = await _cli.ScoreAsync("a,b\n7,0.5\n1.234,1.125\n22.500,1.5\n");

        Assert.Equal("1.234,1.125,2.359,0.5,", outcome.Rows()[1]);
        Assert.Equal(2, outcome.Error.Split(Note).Length);
        foreach (var (file, options) in new (string, string[])[]
        {
            ("a,b\n1.234,1\n0.123,1\n", []), ("a,b\n1.234,1\n1.5,1\n", []), ("a,b\n1.234,1\n1234.567,1\n", []), ("a,b\n12,1\n", []), ("a,b\n1.234,1\n", ["--decimal", "."]),
        })
        {
            Assert.DoesNotContain("was read as a fraction", (await _cli.ScoreAsync(file, options)).Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task One_mark_cannot_be_both() =>
        (await _cli.ScoreAsync("a,b\n1,2\n", "--decimal", ",", "--thousands", ",")).WasRefused(_cli, "one mark cannot be both");

    [Fact]
    public async Task What_is_no_mark_is_refused() =>
        (await _cli.ScoreAsync("a,b\n1,2\n", "--decimal", "x")).WasRefused(_cli, "--decimal: expected a point or a comma, found 'x'");
}
