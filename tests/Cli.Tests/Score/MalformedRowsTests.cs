namespace Millrace.Cli.Tests.Score;

public sealed class MalformedRowsTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_quote_that_joins_two_rows_fails_the_first_and_the_second_is_scored()
    {
        var outcome = await _cli.ScoreAsync("name,a,b\n\"good one\",1,2\n\"missing quote,3,4\n\"good two\",5,6\n\"good three\",7,8\nplain,9,10\n");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("rows.csv, row 2, line 3: a quote is opened and not closed", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(
            [
                "\"good one\",1,2,3,0.5,",
                ",,,,,\"a quote is opened and not closed, and the lines behind it make no sense as its text; the row: \"\"missing quote,3,4\"",
                "\"good two\",5,6,11,0.5,",
                "\"good three\",7,8,15,0.5,",
                "plain,9,10,19,0.5,",
            ],
            outcome.Rows());
    }

    [Fact]
    public async Task A_quote_that_is_never_closed_fails_its_line_alone()
    {
        var outcome = await _cli.ScoreAsync("a,b\r\n1,2\r\n1,\"2\r\n3,4\r\n\"5\",\"6\"\r\n");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("rows.csv, row 2, line 3: ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(4, outcome.Rows().Length);
        Assert.Equal(["1,2,3,0.5,", "3,4,7,0.5,", "\"5\",\"6\",11,0.5,"], outcome.Rows().Where(row => !row.StartsWith(",,", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_quote_that_is_never_closed_in_a_large_file_fails_its_line_alone()
    {
        // Together larger than a row may be.
        const int Rows = 270;
        var text = new string('x', 64 << 10);
        var rows = string.Concat(Enumerable.Range(0, Rows).Select(row => $"{text},{row},1\n"));

        var outcome = await _cli.ScoreAsync($"id,a,b\nfirst,1,1\n\"second,1,1\n{rows}\"last\",\"1\",1\nbad,x,1\n");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("rows.csv, row 2, line 3: a quote is opened", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"rows.csv, row {Rows + 4}, line {Rows + 5}: column 'a': found 'x'", outcome.Error, StringComparison.Ordinal);
        Assert.Contains($"2 of {Rows + 4} rows did not succeed", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(Rows + 4, outcome.Rows().Length);
        Assert.EndsWith(",269,1,270,0.5,", outcome.Rows()[^3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_quotes_that_are_never_closed_fail_each_its_line()
    {
        var rows = string.Concat(Enumerable.Range(0, 1000).Select(row => $"\"x,{row},1\nplain,{row},1\n\"y\",{row},1\n"));

        var outcome = await _cli.ScoreAsync("id,a,b\n" + rows);

        Assert.Contains("1000 of 3,000 rows", outcome.Error.Replace("1,000 of", "1000 of", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(3000, outcome.Rows().Length);
        Assert.Equal("\"y\",999,1,1000,0.5,", outcome.Rows()[^1]);
    }

    [Fact]
    public async Task A_malformed_row_takes_no_rows_behind_it_along()
    {
        var outcome = await _cli.ScoreAsync("id,note,a,b\n1,5\" \"x\",\"open,1,2\n2,fine,3,4\n3,\"fine\",5,6\n4,5\"x,\"7\n\",8\n");

        Assert.Contains("line 2: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("line 5: a quote inside a field", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["2,fine,3,4,7,0.5,", "3,\"fine\",5,6,11,0.5,"], outcome.Rows()[1..3]);
        // Two lines that make a row together are one.
        Assert.Contains("2 of 4 rows", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_of_several_lines_is_one_row()
    {
        var outcome = await _cli.ScoreAsync("id,a,b\n\"two\nlines, \"\"quoted\"\"\",1,2\n\"and\r\n\r\nthree\",3,4\nx,y,z\n");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("rows.csv, row 3, line 7: column 'a': found 'y'", outcome.Error, StringComparison.Ordinal);
        Assert.StartsWith("id,a,b,prediction,confidence,error\n\"two\nlines, \"\"quoted\"\"\",1,2,3,0.5,\n\"and\r\n\r\nthree\",3,4,7,0.5,\n", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_span_lines_are_told_for_wrong_quotes_may_have_joined_them()
    {
        var outcome = await _cli.ScoreAsync("note,a,b\nfine,1,2\n\"5,3,4\nx\",5,6\n\"two\nlines\",7,8\n");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains(
            "rows.csv: 2 rows span several lines (the first: line 3): quoted line breaks; --no-quotes if quotes are plain characters\n", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("several lines", (await _cli.ScoreAsync("note,a,b\r\n\"fine\",1,2\r\n\r\n")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cell_of_several_lines_is_no_number()
    {
        var outcome = await _cli.ScoreAsync("a,b\n1,\"2\n3\"\n4,5\n");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("row 1, line 2: column 'b': found '2 3'", outcome.Error, StringComparison.Ordinal);
        Assert.EndsWith("\n4,5,9,0.5,\n", outcome.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5\" pipe,1,2", "a quote inside a field that does not begin with one")]
    [InlineData("\"5\"pipe,1,2", "text behind a closing quote")]
    [InlineData("x, \"1\",2", "a quote inside a field")]
    [InlineData("x\0,1,2", "a NUL byte")]
    public async Task A_malformed_row_fails_with_its_line_and_keeps_its_text(string row, string error)
    {
        // Behind what is looked at before the first row.
        var rows = string.Concat(Enumerable.Repeat("fine,1,2\n", 20_000));

        var outcome = await _cli.ScoreAsync($"id,a,b\n{rows}{row}\nnext,3,4\n", "--rows-per-job", "5000");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains($"rows.csv, row 20001, line 20002: {error}", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(row.Replace("\"", "\"\"", StringComparison.Ordinal), outcome.Rows()[^2], StringComparison.Ordinal);
        Assert.Equal("next,3,4,7,0.5,", outcome.Rows()[^1]);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_keeps_its_whole_text()
    {
        var outcome = await _cli.ScoreAsync("sku,a,b\nplain,1,2\n\"Hills \"East,\"  \",3,4\nz,5,6,SEVENTH\n\"q\",oops,6\n");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Equal(
            [
                "plain,1,2,3,0.5,",
                ",,,,,\"text behind a closing quote; a quote inside of quotes is written twice; the row: \"\"Hills \"\"East,\"\"  \"\",3,4\"",
                "z,5,6,,,\"4 fields, the header has 3; the row: z,5,6,SEVENTH\"",
                "\"q\",oops,6,,,\"column 'a': found 'oops', expected FP32 (a number such as -1.5, 2e3 or NaN)\"",
            ],
            outcome.Rows());
    }

    [Fact]
    public async Task Without_quotes_they_are_text()
    {
        var outcome = await _cli.ScoreAsync("id\ta\tb\n5\" pipe\t1\t2\n\"open\t3\t4\n", "--no-quotes");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(["\"5\"\" pipe\"\t1\t2\t3\t0.5\t", "\"\"\"open\"\t3\t4\t7\t0.5\t"], outcome.Rows());
    }

    [Theory]
    [InlineData("\uFEFFa,b")]
    [InlineData("\"a\",\"b\"")]
    [InlineData(" a,b")]
    [InlineData("a,b,")]
    public async Task A_second_header_is_seen_in_whatever_way_it_is_written(string again)
    {
        var outcome = await _cli.ScoreAsync($"a,b\n1,2\n{again}\n3,4\n");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("line 3: the header again", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("3,4,7,0.5,", outcome.Rows());
    }

    [Fact]
    public async Task A_byte_order_mark_before_a_row_fails_it()
    {
        var outcome = await _cli.ScoreAsync("a,b\n1,2\n\uFEFF3,4\n");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("line 3: a byte order mark before it", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_malformed_header_is_refused() =>
        (await _cli.ScoreAsync("a,\"b\"x,c\n1,2,3\n")).WasRefused(_cli, "line 1, where the columns' names are: text behind a closing quote");
}
