using System.Text;

namespace Millrace.Cli.Tests.Score;

/// <summary>Files as programs write them. Each is scored rightly, or refused with the option that settles it.</summary>
public sealed class ExportsTests : IDisposable
{
    private const string FrenchNumbers = "N°;a;b;Désignation\r\n1;1\u202F234,50;2;Été\r\n2;12\u202F345;0,5;\"Un; deux\"\r\n";
    private const string SwedishNumbers = "id;a;b;Ort\r\n1;1\u00A0234,5;\u22121,5;Malmö\r\n2;1,5;2;Göteborg\r\n";

    private readonly CliRun _cli = new();

    private static Encoding Windows1252 => CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Excel_in_American_English()
    {
        // "CSV UTF-8": a byte order mark, commas, what is shown of the cells.
        var file = "\uFEFFid,a,b,note\r\n1,\"1,234.50\",2,\"5\"\" pipe\"\r\n2,0.5,3,\r\n,,,\r\n";

        var outcome = await _cli.ScoreAsync(file, "--thousands", ",");

        Assert.Equal(["1,\"1,234.50\",2,\"5\"\" pipe\",1236.5,0.5,", "2,0.5,3,,3.5,0.5,"], outcome.Rows()[..2]);
        // A row that was formatted once and is empty now.
        Assert.Contains("line 4: column 'a': empty", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("line 2: column 'a': found '1,234.50', expected FP32 (a number such as -1.5, 2e3 or NaN); --thousands ,", (await _cli.ScoreAsync(file)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Excel_in_German()
    {
        var file = Windows1252.GetBytes("Nr;a;b;Straße\r\n1;1.234,50;2;Köln\r\n2;1.234;1;Größe\r\n");

        (await _cli.ScoreAsync(file)).WasRefused(_cli, "bytes that are no UTF-8", "--encoding NAME, as in windows-1252");
        (await _cli.ScoreAsync(file, "--encoding", "windows-1252")).WasRefused(_cli, "line 2: column 'a' has '1.234,50'", "--decimal , --thousands .");
        var outcome = await _cli.ScoreAsync(file, "--encoding", "windows-1252", "--decimal", ",", "--thousands", ".");
        Assert.Equal(["1;1.234,50;2;Köln;1236.5;0.5;", "2;1.234;1;Größe;1235;0.5;"], outcome.Rows());
        Assert.Equal(0, outcome.ExitCode);
    }

    [Fact]
    public async Task Excel_in_German_with_whole_thousands_alone() =>
        (await _cli.ScoreAsync("Nr;a;b\r\n1;1.234;2\r\n2;12;1\r\n")).WasRefused(_cli, "'1.234'", "--decimal , --thousands . the comma");

    [Fact]
    public async Task Excel_in_French()
    {
        (await _cli.ScoreAsync(FrenchNumbers)).WasRefused(_cli, "column 'a' has '1\u202F234,50'", "--decimal , --thousands space");
        var outcome = await _cli.ScoreAsync(FrenchNumbers, "--decimal", ",", "--thousands", "space");
        Assert.Equal(["1;1\u202F234,50;2;Été;1236.5;0.5;", "2;12\u202F345;0,5;\"Un; deux\";12345.5;0.5;"], outcome.Rows());
    }

    [Fact]
    public async Task Excel_in_Swedish()
    {
        (await _cli.ScoreAsync(SwedishNumbers)).WasRefused(_cli, "--decimal , --thousands space");
        var outcome = await _cli.ScoreAsync(SwedishNumbers, "--decimal", ",", "--thousands", " ");
        Assert.Equal(["1;1\u00A0234,5;\u22121,5;Malmö;1233;0.5;", "2;1,5;2;Göteborg;3.5;0.5;"], outcome.Rows());
    }

    [Fact]
    public async Task Excel_Unicode_text()
    {
        // UTF-16 with tabs; the decimal comma is the locale's.
        byte[] file = [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("a\tb\tOrt\r\n0,5\t1\tKöln\r\n")];

        (await _cli.ScoreAsync(file)).WasRefused(_cli, "'0,5', a number with a decimal comma", "--decimal ,");
        Assert.Equal(["0,5\t1\tKöln\t1.5\t0.5\t"], (await _cli.ScoreAsync(file, "--decimal", ",")).Rows());
    }

    [Fact]
    public async Task Pandas()
    {
        // to_csv with its index, a missing value, an infinity and a text that pandas quotes.
        const string File = ",a,b,text\n0,1.5,2.0,\"x, y\"\n1,,1.0,\n2,inf,1.0,z\n3,1e-05,1e+05,\"two\nlines\"\n";

        var outcome = await _cli.ScoreAsync(File, "--missing", "nan");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(["0,1.5,2.0,\"x, y\",3.5,0.5,", "1,,1.0,,NaN,0.5,", "2,inf,1.0,z,Infinity,0.5,"], outcome.Rows()[..3]);
        Assert.Contains("line 3: column 'a': empty", (await _cli.ScoreAsync(File)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pandas_of_an_array_has_numbers_for_names() =>
        (await _cli.ScoreAsync("0,1\n1.5,2\n", "--columns", "x=0,1")).WasRefused(_cli, "the first line has no column names", "--header says that these are names");

    [Fact]
    public async Task R()
    {
        // write.csv: row names under a name that is empty, quotes around every text, NA, Inf.
        const string File = "\"\",\"a\",\"b\",\"Species\"\n\"1\",5.1,NA,\"setosa\"\n\"2\",Inf,1e+05,NA\n";

        var outcome = await _cli.ScoreAsync(File, "--missing", "nan");

        Assert.Equal(["\"1\",5.1,NA,\"setosa\",NaN,0.5,", "\"2\",Inf,1e+05,NA,Infinity,0.5,"], outcome.Rows());
    }

    [Fact]
    public async Task R_for_readers_of_semicolons()
    {
        // write.csv2.
        const string File = "\"\";\"a\";\"b\"\n\"1\";5,1;2\n";
        (await _cli.ScoreAsync(File)).WasRefused(_cli, "column 'a' has '5,1'", "--decimal ,");
        Assert.Equal(["\"1\";5,1;2;7.1;0.5;"], (await _cli.ScoreAsync(File, "--decimal", ",")).Rows());
    }

    [Fact]
    public async Task SQL_Server_Management_Studio()
    {
        // "Save results as": a byte order mark, NULL, and no quotes around a text that has some.
        var file = "\uFEFFid,a,b,name\r\n1,1.5,2,5\" pipe\r\n2,NULL,1,x\r\n";

        var plain = await _cli.ScoreAsync(file);
        Assert.Equal(3, plain.ExitCode);
        Assert.Contains("line 2: a quote inside a field that does not begin with one; --no-quotes", plain.Error, StringComparison.Ordinal);
        Assert.Contains("line 3: column 'a': found 'NULL'", plain.Error, StringComparison.Ordinal);
        var outcome = await _cli.ScoreAsync(file, "--no-quotes", "--missing", "0");
        Assert.Equal(["1,1.5,2,\"5\"\" pipe\",3.5,0.5,", "2,NULL,1,x,1,0.5,"], outcome.Rows());
    }

    [Fact]
    public async Task SQL_Server_bcp()
    {
        // bcp -w: UTF-16 with its mark, tabs, no header, nothing for NULL.
        byte[] file = [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("1\t1.5\t2\tKöln\r\n2\t\t1\tx\r\n")];

        (await _cli.ScoreAsync(file, "--columns", "x=2..3")).WasRefused(_cli, "the first line has no column names", "--no-header");
        var outcome = await _cli.ScoreAsync(file, "--no-header", "--columns", "x=2..3", "--missing", "nan");
        Assert.Equal("1\t2\t3\t4\tprediction\tconfidence\terror\r\n1\t1.5\t2\tKöln\t3.5\t0.5\t\r\n2\t\t1\tx\tNaN\t0.5\t\r\n", outcome.Out);
    }

    [Fact]
    public async Task Google_Sheets()
    {
        // No line end behind the last row; numbers as the sheet shows them; errors as text.
        var outcome = await _cli.ScoreAsync("a,b,note\r\n\"1,234\",2,ok\r\n#N/A,1,x\r\n3,4,#DIV/0!", "--thousands", ",", "--missing", "nan");

        Assert.Equal(["\"1,234\",2,ok,1236,0.5,", "#N/A,1,x,NaN,0.5,", "3,4,#DIV/0!,7,0.5,"], outcome.Rows());
        Assert.Contains(
            "found '1,234', expected FP32 (a number such as -1.5, 2e3 or NaN); --decimal , (a fraction) or --thousands , (thousands)",
            (await _cli.ScoreAsync("a,b\r\n\"1,234\",2\r\n")).Error,
            StringComparison.Ordinal);
    }
}
