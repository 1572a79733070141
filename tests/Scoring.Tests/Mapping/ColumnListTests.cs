using Millrace.Scoring.Mapping;

namespace Millrace.Scoring.Tests.Mapping;

public sealed class ColumnListTests
{
    private static readonly string[] s_header = ["id", "first", "second", "third", "f01", "f02", "f03", "p_8", "p_9", "p_10", "x3"];

    [Theory]
    [InlineData("first,third", "first,third")]
    [InlineData(" first , third", "first,third")]
    [InlineData("p_8..p_10", "p_8,p_9,p_10")]
    [InlineData("x3..x3", "x3")]
    [InlineData("first..third", "first,second,third")]
    [InlineData("id,f01..f03", "id,f01,f02,f03")]
    [InlineData("\"first\"..third,\"id\"", "first,second,third,id")]
    [InlineData("first..\"third\"", "first,second,third")]
    [InlineData(":2..:4,:1", "first,second,third,id")]
    [InlineData(":2..third", "first,second,third")]
    public void Ranges_are_written_out(string list, string expected) => Assert.Equal(expected, Read(list, s_header));

    [Theory]
    [InlineData("p_9..p_8", "counts down")]
    [InlineData("third..first", "'first' stands before 'third'")]
    [InlineData("first..nowhere", "no meaning as a range")]
    [InlineData("a1..b2", "no meaning as a range")]
    [InlineData("f1..f03", "no meaning as a range")]
    [InlineData("..", "no meaning as a range")]
    [InlineData("f01..f04", "no column 'f04' in the file, for input 'x'")]
    [InlineData("f1..f3", "no column 'f1' in the file, for input 'x'")]
    [InlineData("p_8..p_99999999999999999999", "no meaning as a range")]
    [InlineData("x0..x2147483647", "no column 'x0' in the file")]
    [InlineData("first,,third", "a comma with no name before or behind it")]
    [InlineData("first,", "a comma with no name before or behind it")]
    [InlineData("", "the list of names is empty")]
    [InlineData("\"first", "a quote that is never closed")]
    [InlineData("\"first\"second", "goes on behind a closing quote")]
    [InlineData(":12", "no column 12 in the file")]
    [InlineData(":0", "no column 0 in the file")]
    public void What_stands_for_no_column_is_refused(string list, string reason) =>
        Assert.Contains(reason, Assert.Throws<UsageException>(() => Read(list, s_header)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("Income..USD.,Age...2", "Income..USD.,Age...2")]
    [InlineData("Age...2..Age...4", "Age...2,Age...3,Age...4")]
    [InlineData("Income..USD...Age...3", "Income..USD.,Age...2,Age...3")]
    [InlineData("\"Income..USD.\"..\"Age...3\"", "Income..USD.,Age...2,Age...3")]
    public void A_name_that_the_file_has_is_that_column_also_where_it_has_the_dots_of_a_range(string list, string expected) =>
        Assert.Equal(expected, Read(list, ["Income..USD.", "Age...2", "Age...3", "Age...4"]));

    [Fact]
    public void A_range_with_two_readings_wants_quotes()
    {
        string[] header = ["a", "b..c", "a..b", "c"];

        Assert.Contains("may be a range from 'a' to 'b..c' or from 'a..b' to 'c'", Refusal("a..b..c", header).Message, StringComparison.Ordinal);
        Assert.Equal("a..b,c", Read("\"a..b\"..c", header));
    }

    [Theory]
    [InlineData("\"Income, USD\",\"a=b\"", "Income, USD|a=b")]
    [InlineData("\"5\"\" pipe\",\"\"", "5\" pipe|")]
    [InlineData("5\" pipe", "5\" pipe")]
    [InlineData("\" b\"", " b")]
    [InlineData(":7", ":7")]
    [InlineData("\":7\"", ":7")]
    public void A_name_with_what_means_something_here_can_be_written(string list, string expected)
    {
        string[] header = ["Income, USD", "a=b", "5\" pipe", "", " b", ":7"];

        Assert.Equal(expected, string.Join('|', ColumnList.Read(list, new ColumnNames(header), "input 'x'").Select(index => header[index])));
        Assert.All(header, name => Assert.Equal(
            name, header[ColumnList.Read(ColumnList.Write(name), new ColumnNames(header), "input 'x'").Single()]));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a..d")]
    [InlineData("id..d")]
    [InlineData("\"a\"")]
    public void A_name_that_is_there_twice_is_refused_with_both_places(string list)
    {
        var refusal = Refusal(list, ["id", "a", "a", "c", "d"]);

        Assert.Equal("column 'a' is in the file twice (columns 2 and 3), and input 'x' needs it", refusal.Message);
        Assert.Contains(":2", refusal.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_of_columns_tell_doubled_names_apart() =>
        Assert.Equal([1, 2, 3, 4], ColumnList.Read(":2..:5", new ColumnNames(["id", "a", "a", "c", "d"]), "input 'x'"));

    [Fact]
    public void A_doubled_name_that_nothing_needs_is_fine() => Assert.Equal("c,d", Read("c..d", ["id", "a", "a", "c", "d"]));

    [Theory]
    [InlineData("b", " b", "did you mean ' b'? It has blanks around it, which count: in --columns it is written \" b\"")]
    [InlineData("b", "\uFEFFb", "did you mean '\uFEFFb'? It holds a character that cannot be seen, U+FEFF")]
    [InlineData("b", "b\u00A0", "did you mean 'b\u00A0'? It has blanks around it")]
    [InlineData("sepal_length", "Sepal_Length", "did you mean 'Sepal_Length'?")]
    [InlineData("Sepal.Length", "sepal_length", "did you mean 'sepal_length'?")]
    public void What_a_missing_name_may_have_meant_is_told_and_not_taken(string asked, string there, string hint)
    {
        var refusal = Refusal(asked, ["something", there]);

        Assert.Equal($"no column '{asked}' in the file, for input 'x'", refusal.Message);
        Assert.StartsWith(hint, refusal.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_model_declares_needs_no_quotes_and_counts()
    {
        string[] header = ["a,b", "p_00", "p_01", "p_02", "Age...2", "x..y"];

        Assert.Equal([1, 2, 3, 4, 0, 5], ColumnList.ReadDeclared(["p_00..p_02", "Age...2", "a,b", "x..y"], new ColumnNames(header), "input 'x'"));
    }

    [Fact]
    public void What_a_model_declares_does_not_hang_on_the_order_of_the_file()
    {
        var names = new ColumnNames(["id", "width", "length"]);

        var refusal = Assert.Throws<UsageException>(() => ColumnList.ReadDeclared(["width..length"], names, "input 'x'"));

        Assert.Contains("'width..length' in model.json is 2 columns that stand in this order in this file", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("[\"width\", \"length\"]", refusal.Hint, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => ColumnList.ReadDeclared([":2"], names, "input 'x'"));
    }

    [Theory]
    [InlineData("p_08..p_11", "p_08,p_09,p_10,p_11", "p_08,p_09,p_10,p_11")]
    [InlineData("p_00..p_00", "p_00,p_01", "p_00")]
    [InlineData("p_0..p_1", "p_00,p_0,p_1,p_01", "p_0,p_1")]
    [InlineData("p_9..p_10", "p_09,p_10,p_9", "p_9,p_10")]
    [InlineData("7..9", "9,8,7", "7,8,9")]
    [InlineData("p_00..p_02", "p_02,p_00..p_02,p_00,p_01", "p_00..p_02")]
    public void A_range_that_counts_is_the_same_in_an_option_and_in_a_declaration(string range, string header, string expected)
    {
        var columns = header.Split(',');
        var names = new ColumnNames(columns);

        Assert.Equal(expected, Read(range, columns));
        Assert.Equal(expected, string.Join(',', ColumnList.ReadDeclared([range], names, "input 'x'").Select(index => columns[index])));
    }

    [Theory]
    [InlineData("p_09..p_00", "counts down")]
    [InlineData("p_0..p_09", "no meaning as a range")]
    [InlineData("p_00..q_01", "no meaning as a range")]
    [InlineData("p_00..p_02", "no column 'p_02' in the file")]
    public void A_range_that_does_not_count_is_refused_alike_in_an_option_and_in_a_declaration(string range, string reason)
    {
        string[] header = ["p_09", "p_00", "p_01"];
        var declared = Assert.Throws<UsageException>(() => ColumnList.ReadDeclared([range], new ColumnNames(header), "input 'x'"));

        Assert.Contains(reason, declared.Message, StringComparison.Ordinal);
        Assert.Equal(declared.Message, Refusal(range, header).Message);
    }

    private static UsageException Refusal(string list, string[] header) => Assert.Throws<UsageException>(() => Read(list, header));

    private static string Read(string list, string[] header) =>
        string.Join(',', ColumnList.Read(list, new ColumnNames(header), "input 'x'").Select(index => header[index]));
}
