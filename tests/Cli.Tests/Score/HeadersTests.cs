using Millrace.TestKit;

namespace Millrace.Cli.Tests.Score;

public sealed class HeadersTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("1,2\n3,4\n5,6\n")]
    [InlineData("5.1,3.5,setosa\n4.9,3,setosa\n")]
    [InlineData("NULL,3,3\n1,2,3\n")]
    [InlineData(",,\n1,2,3\n")]
    [InlineData("1;2,5\n3;4,5\n")]
    public async Task A_first_line_that_looks_like_a_row_is_refused(string file) =>
        (await _cli.ScoreAsync(file, "--columns", "x=1,2", "--separator", file.Contains(';', StringComparison.Ordinal) ? ";" : ","))
            .WasRefused(_cli, "the first line has no column names", "--no-header", "--header");

    [Fact]
    public async Task Without_a_header_columns_are_numbered_and_no_row_is_lost()
    {
        var outcome = await _cli.ScoreAsync("1,2,x\n3,4,y\n\n5,6,z\n", "--no-header", "--columns", "x=1..2");

        Assert.Equal("1,2,3,prediction,confidence,error\n1,2,x,3,0.5,\n3,4,y,7,0.5,\n5,6,z,11,0.5,\n", outcome.Out);
        Assert.Equal(0, outcome.ExitCode);
    }

    [Fact]
    public async Task Names_that_are_numbers_are_names_where_somebody_says_so()
    {
        Assert.Equal(["1,2,3,0.5,"], (await _cli.ScoreAsync("0,1\n1,2\n", "--header", "--columns", "x=0,1")).Rows());
        _cli.Model = SumModel.Labelled with
        {
            Columns = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["x"] = ["0", "1"] },
        };
        Assert.Equal(["1,2,3,0.5,"], (await _cli.ScoreAsync("0,1\n1,2\n")).Rows());
    }

    [Theory]
    [InlineData("x=:1,:2")]
    [InlineData(":1..:2")]
    public async Task Columns_that_are_said_by_number_alone_leave_it_open_whether_there_are_names(string columns)
    {
        (await _cli.ScoreAsync("2,Paris\n4,5\n", "--columns", columns))
            .WasRefused(_cli, "columns are said by their numbers alone, so that nothing tells whether the first line has names or is a row: '2', 'Paris'", "--header", "--no-header");
        Assert.Equal(["4,5,9,0.5,"], (await _cli.ScoreAsync("2,Paris\n4,5\n", "--columns", columns, "--header")).Rows());
    }

    [Fact]
    public async Task Without_a_header_an_empty_first_line_does_not_hide_what_separates_the_fields()
    {
        var outcome = await _cli.ScoreAsync("\n\n1,2\n3,4\n", "--no-header", "--columns", "x=1..2");

        Assert.Equal("1,2,prediction,confidence,error\n1,2,3,0.5,\n3,4,7,0.5,\n", outcome.Out);
    }

    [Theory]
    [InlineData("a\n1,10\n2,20\n", "','")]
    [InlineData("\"a\"\n\"1\" 10\n\"2\" 20\n\"3\" 30\n", "space")]
    [InlineData("a\r\n1\t10\r\n2\t20\r\n", "tab")]
    public async Task Row_numbers_that_the_header_has_no_name_for_are_seen(string file, string separator) =>
        (await _cli.ScoreAsync(file, "--columns", "x=a")).WasRefused(_cli, $"every row begins with its number and a {separator}", "row.names=FALSE");

    [Theory]
    [InlineData("text\n1,10\n3,20\n")]
    [InlineData("text\n1. first\n2. second\n")]
    [InlineData("text\n1\n2\n")]
    public async Task Other_rows_of_one_column_are_values(string file) =>
        Assert.Equal(0, (await EchoModel.Of(TensorDatatype.Bytes, "text").ScoreAsync(file)).ExitCode);

    [Fact]
    public async Task Years_among_names_are_names() =>
        Assert.Equal(0, (await _cli.ScoreAsync("country,a,b,2019,2020,2021,2022\nX,1,2,3,4,5,6\n")).ExitCode);

    [Fact]
    public async Task Header_and_no_header_exclude_each_other() =>
        (await _cli.ScoreAsync("a,b\n1,2\n", "--header", "--no-header")).WasRefused(_cli, "exclude each other");

    [Theory]
    [InlineData("a;b\n1;2\n", "1;2;3;0.5;")]
    [InlineData("a\tb\n1\t2\n", "1\t2\t3\t0.5\t")]
    [InlineData("a|b\n1|2\n", "1|2|3|0.5|")]
    [InlineData("\"x;y;z\",a,b\n\"p;q\",1,2\n", "\"p;q\",1,2,3,0.5,")]
    [InlineData("a\tb\tnet, gross\n1\t2\t3,4\n", "1\t2\t3,4\t3\t0.5\t")]
    [InlineData("sep=;\na;b\n1;2\n", "1;2;3;0.5;")]
    [InlineData("\"sep=;\"\na;b\n1;2\n", "1;2;3;0.5;")]
    [InlineData("\"sep=,\"\r\na,b\r\n1,2\r\n", "1,2,3,0.5,")]
    [InlineData("\n\na,b\n1,2\n", "1,2,3,0.5,")]
    public async Task The_first_line_tells_the_separator(string file, string row) =>
        Assert.Equal([row], (await _cli.ScoreAsync(file)).Rows());

    [Fact]
    public async Task Two_possible_separators_are_refused()
    {
        (await _cli.ScoreAsync("a;b;net, gross\n1;2;3\n")).WasRefused(_cli, "line 1: ';' and ',' both stand between the names", "--separator");

        Assert.Equal(["1;2;3;3;0.5;"], (await _cli.ScoreAsync("a;b;net, gross\n1;2;3\n", "--separator", ";")).Rows());
        Assert.Equal(["1 2 3 0.5 "], (await _cli.ScoreAsync("a b\n1 2\n", "--separator", "space")).Rows());
        Assert.Equal(["1\t2\t3\t0.5\t"], (await _cli.ScoreAsync("a\tb\n1\t2\n", "--separator", "tab")).Rows());
        (await _cli.ScoreAsync("a,b\n", "--separator", "ab")).WasRefused(new CliRun(), "--separator: expected one ASCII character");
    }

    [Fact]
    public async Task A_file_of_one_column_has_a_value_a_line()
    {
        using var cli = EchoModel.Of(TensorDatatype.Bytes, "city");

        var outcome = await cli.ScoreAsync("city\nAachen\nab;cd\n\nGreat, thanks\n\"q;r\"\ntab\there\n");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            ["Aachen,Aachen,", "ab;cd,ab;cd,", ",,", "\"Great, thanks\",\"Great, thanks\",", "\"q;r\",q;r,", "tab\there,tab\there,"], outcome.Rows());
    }

    [Theory]
    [InlineData("a,b,\n1,2\n3,4\n")]
    [InlineData("a,b\n1,2,\n3,4,\n")]
    [InlineData("a,b,\n1,2,\n3,4\n")]
    [InlineData("a,b,,\n1,2,,\n3,4,,\n")]
    [InlineData("a,b,\"\"\n1,2,,,\n3,4\n")]
    public async Task An_empty_last_field_is_no_field(string file)
    {
        var outcome = await _cli.ScoreAsync(file);

        Assert.Equal((0, "a,b,prediction,confidence,error\n1,2,3,0.5,\n3,4,7,0.5,\n"), (outcome.ExitCode, outcome.Out));
    }

    /// <summary>A separator within a value moves all behind it one column on, and pushes an empty last field out.</summary>
    [Fact]
    public async Task Empty_last_fields_of_some_rows_alone_are_no_line_ends()
    {
        var outcome = await _cli.ScoreAsync("a,b,note\n1,250,3,\n900,4,\n7,5,x\n", "--columns", "x=a,b");

        Assert.Equal(
            ["1,250,3,,,\"4 fields, the header has 3, and other rows have no empty field at their end: a separator within a value would look so; the row: 1,250,3,\"", "900,4,,904,0.5,", "7,5,x,12,0.5,"],
            outcome.Rows());
    }

    [Fact]
    public async Task A_row_without_the_separator_that_the_first_rows_end_in_lacks_a_field()
    {
        var rows = string.Concat(Enumerable.Repeat("1,2,\n", 20_000));

        var outcome = await _cli.ScoreAsync($"a,b\n{rows}3,4\n");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("2 fields, and no separator at its end, as the file's first rows have one: it lacks a field", outcome.Rows()[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--decimal", ",", true)]
    [InlineData("--thousands", ".", true)]
    [InlineData("--decimal", ".", false)]
    public async Task The_decimal_point_of_outputs_is_told_where_the_file_has_commas(string option, string mark, bool isTold) =>
        Assert.Equal(isTold, (await _cli.ScoreAsync("a;b\n1;2\n", option, mark)).Error.Contains("written with a decimal point", StringComparison.Ordinal));

    [Fact]
    public async Task Row_names_that_an_empty_last_column_hides_are_told() =>
        (await _cli.ScoreAsync("\"a\",\"b\"\n\"1\",5,\n\"2\",6,\n")).WasRefused(
            new CliRun(), "for which the header has no name, as R's write.table writes row names");

    [Theory]
    [InlineData("x=1,2")]
    [InlineData("x=1..2")]
    [InlineData("x=2,1")]
    public async Task Places_said_of_a_first_line_of_numbers_are_asked_about(string columns) =>
        (await _cli.ScoreAsync("2,1,setosa\n4,3,versi\n", "--columns", columns)).WasRefused(
            new CliRun(), "columns are said by their numbers alone");

    [Fact]
    public async Task A_last_field_with_text_in_it_is_one()
    {
        var outcome = await _cli.ScoreAsync("a,b,\n1,2,x\n3,4,\n");

        Assert.Equal(["1,2,,,\"3 fields, the header has 2; the row: 1,2,x\"", "3,4,7,0.5,"], outcome.Rows());
    }

    [Fact]
    public async Task The_header_of_a_second_file_is_no_row()
    {
        using var cli = EchoModel.Of(TensorDatatype.Bytes, "city");

        var outcome = await cli.ScoreAsync("city,n\nAachen,1\ncity,n\nBonn,2\n");

        Assert.Equal(["Aachen,1,Aachen,", "city,n,,\"the header again, as where files were put one behind the other\"", "Bonn,2,Bonn,"], outcome.Rows());
        Assert.Contains("line 3: the header again", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Empty_lines_between_rows_of_several_columns_are_no_rows_and_are_counted()
    {
        var outcome = await _cli.ScoreAsync("a,b\n1,2\n\n3,4\n\n\n");

        Assert.Equal(["1,2,3,0.5,", "3,4,7,0.5,"], outcome.Rows());
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("rows.csv: 3 empty lines are no rows (the first is line 3)", outcome.Error, StringComparison.Ordinal);
    }
}
