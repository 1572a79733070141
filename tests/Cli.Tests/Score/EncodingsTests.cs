using System.Text;

namespace Millrace.Cli.Tests.Score;

public sealed class EncodingsTests : IDisposable
{
    private readonly CliRun _cli = EchoModel.Of(TensorDatatype.Bytes, "Ort");

    private static Encoding Windows1252 => CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Bytes_that_are_no_UTF8_fail_their_row_and_never_reach_the_model()
    {
        var outcome = await _cli.ScoreAsync([.. "Ort,n\nK\u00F6ln,1\n"u8, .. Windows1252.GetBytes("Köln,2\n"), .. "Aachen,3\n"u8]);

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("line 3: bytes that are no UTF-8 text; --encoding NAME, as in windows-1252", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["Köln,1,Köln,", "Aachen,3,Aachen,"], outcome.Rows().Where(row => !row.Contains('\uFFFD', StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_header_that_is_no_UTF8_is_refused() =>
        (await _cli.ScoreAsync(Windows1252.GetBytes("Ort,Größe\nx,1\n"))).WasRefused(_cli, "line 1, where the columns' names are: bytes that are no UTF-8", "--encoding");

    [Theory]
    [InlineData("windows-1252")]
    [InlineData("latin1")]
    [InlineData("ISO-8859-15")]
    [InlineData("utf-16le")]
    [InlineData("utf-16be")]
    [InlineData("utf8")]
    public async Task An_encoding_that_is_said_is_read(string name)
    {
        var encoding = name == "utf8" ? Encoding.UTF8 : CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);

        var outcome = await _cli.ScoreAsync(encoding.GetBytes("Ort;Größe\r\nKöln;1\r\nMünster;2\r\n"), "--encoding", name);

        Assert.Equal("Ort;Größe;y;error\r\nKöln;1;Köln;\r\nMünster;2;Münster;\r\n", outcome.Out);
    }

    [Theory]
    [InlineData("latin1", true)]
    [InlineData("windows-1252", true)]
    [InlineData("utf-8", false)]
    public async Task Utf8_that_is_read_as_something_else_is_told(string name, bool isTold)
    {
        var outcome = await _cli.ScoreAsync("Ort,n\nKöln,1\n"u8.ToArray(), "--encoding", name);

        Assert.Equal(isTold, outcome.Error.Contains("its first lines are UTF-8 as well", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public async Task A_byte_order_mark_says_the_encoding(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        // More than one block.
        var rows = string.Concat(Enumerable.Repeat("Köln 😀\tx\r\n", 10_000));

        var outcome = await _cli.ScoreAsync([.. encoding.GetPreamble(), .. encoding.GetBytes("Ort\tn\r\n" + rows)], "--rows-per-job", "1000");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(10_000, outcome.Rows().Length);
        Assert.All(outcome.Rows(), row => Assert.Equal("Köln 😀\tx\tKöln 😀\t", row));
    }

    [Fact]
    public async Task UTF16_without_its_mark_is_refused() =>
        (await _cli.ScoreAsync(Encoding.Unicode.GetBytes("Ort,n\nKöln,1\n"))).WasRefused(_cli, "looks like UTF-16 without a byte order mark", "--encoding utf-16le");

    [Fact]
    public async Task A_NUL_byte_at_the_start_is_refused() =>
        (await _cli.ScoreAsync("Ort,n\nK\0ln,1\n")).WasRefused(_cli, "holds a NUL byte");

    [Theory]
    // Half a pair, also before the line's end, and the halves in the wrong order.
    [InlineData("00D8", "y,1\n")]
    [InlineData("00D8", ",1\n")]
    [InlineData("00DC00D8", ",1\n")]
    public async Task Half_a_character_of_UTF16_fails_its_row(string bytes, string behind)
    {
        var outcome = await _cli.ScoreAsync(
            [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("Ort,n\nBonn,0\nx"), .. Convert.FromHexString(bytes), .. Encoding.Unicode.GetBytes($"{behind}Köln,2\n")]);

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("row 2, line 3: bytes that are no text in the file's encoding", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["Bonn,0,Bonn,", "Köln,2,Köln,"], outcome.Rows().Where(row => !row.Contains('\uFFFD', StringComparison.Ordinal)));
        Assert.DoesNotContain('\uFFFF', outcome.Out);
        Assert.Equal(2, _cli.Transport.Jobs.Count);
    }

    [Fact]
    public async Task Half_a_character_of_UTF16_among_the_names_is_refused() =>
        (await _cli.ScoreAsync([.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("Ort,n"), 0x00, 0xD8, .. Encoding.Unicode.GetBytes("\nx,1\n")]))
            .WasRefused(_cli, "line 1, where the columns' names are: bytes that are no text in the file's encoding");

    [Fact]
    public async Task A_text_that_ends_in_half_a_character_fails_its_last_row()
    {
        var outcome = await _cli.ScoreAsync([.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("Ort,n\nBonn,0\nKöln,1"), 0x41]);

        Assert.Equal(3, outcome.ExitCode);
        Assert.Equal("Bonn,0,Bonn,", outcome.Rows()[0]);
    }

    [Fact]
    public async Task Bytes_behind_which_nobody_knows_where_to_go_on_are_refused_with_their_place() =>
        (await _cli.ScoreAsync([.. "Ort,n\nx,1\n"u8, 0x81, 0x20, .. ",2\n"u8], "--encoding", "shift_jis"))
            .WasRefused(_cli, "rows.csv, line 1 or behind it: bytes that are no text in its encoding");

    [Fact]
    public async Task An_encoding_that_nobody_knows_is_refused() =>
        (await _cli.ScoreAsync("Ort\nx\n", "--encoding", "klingon")).WasRefused(_cli, "--encoding: no encoding 'klingon' is known");

    [Theory]
    [InlineData("1F8B0800", "is compressed by gzip", "gunzip -c ")]
    [InlineData("28B52FFD24", "is compressed by zstd", "zstd -dc ")]
    [InlineData("504B0304140000000800000021000000000000000000000000000000130000005B436F6E74656E745F54797065735D2E786D6C", "is an Excel workbook", "CSV UTF-8")]
    [InlineData("504B03041400000008000000210000000000000000000000000000000500000078612E6E7079", "is NumPy arrays (.npz)", "np.savetxt")]
    [InlineData("504B0304140000000800000021000000000000000000000000000000050000006161612E637376", "is a zip archive", "unzip -p ")]
    [InlineData("50415231150415", "is a Parquet file", "read_parquet")]
    [InlineData("4152524F57310000", "is an Arrow file", "read_feather")]
    [InlineData("FFFFFFFF78000000", "is an Arrow stream", "pyarrow")]
    [InlineData("934E554D50590100", "is a NumPy array", "np.load")]
    [InlineData("7B2261223A312C2262223A327D0A", "is JSON", "jq -r")]
    [InlineData("5B0A20207B2261223A317D5D", "is JSON", "jq -r")]
    [InlineData("D0CF11E0A1B11AE1", "old Excel workbook", "CSV UTF-8")]
    [InlineData("53514C69746520666F726D6174203300", "SQLite database", "sqlite3")]
    public async Task Another_format_is_called_by_its_name(string start, string name, string advice) =>
        (await _cli.ScoreAsync([.. Convert.FromHexString(start), .. new byte[300]])).WasRefused(_cli, name, advice);

    [Fact]
    public async Task Names_in_brackets_are_no_JSON()
    {
        using var cli = EchoModel.Of(TensorDatatype.Int64, "[id]");
        Assert.Equal(["1,2,1,"], (await cli.ScoreAsync("[id],[name]\n1,2\n")).Rows());
    }
}
