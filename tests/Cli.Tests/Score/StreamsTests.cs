using System.Diagnostics;

namespace Millrace.Cli.Tests.Score;

public sealed class StreamsTests : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private readonly CliRun _cli = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_named_pipe_is_read_as_a_stream()
    {
        var pipe = _cli.Folder["rows.fifo"];
        using (var mkfifo = Process.Start("mkfifo", [pipe]))
        {
            await mkfifo.WaitForExitAsync(Token);
        }

        var scoring = _cli.RunAsync(["score", pipe, "--output", "-"]);
        // Opening its other end waits for the reader.
        await Task.Run(
            async () =>
            {
                await using var writer = new StreamWriter(new FileStream(pipe, FileMode.Open, FileAccess.Write));
                await writer.WriteAsync("a,b\n1,2\n3,4");
            },
            Token);
        var outcome = await scoring.WaitAsync(s_deadline, Token);

        Assert.Equal(["1,2,3,0.5,", "3,4,7,0.5,"], outcome.Rows());
    }

    [Theory]
    [InlineData("-", "w.csv", "<")]
    [InlineData("/dev/stdin", "w.csv", "<")]
    [InlineData("-", "link.csv", "<")]
    [InlineData("w.csv", "-", "1<>")]
    [InlineData("w.csv", "/dev/stdout", "1<>")]
    public async Task A_file_that_is_read_and_written_at_once_is_refused_before_it_is_touched(string input, string output, string redirection)
    {
        var file = _cli.Folder.Write("w.csv", "a,b\n1,2\n");
        File.CreateSymbolicLink(_cli.Folder["link.csv"], file);
        string At(string name) => name.StartsWith('-') || name.StartsWith('/') ? name : _cli.Folder[name];

        using var process = CliProcess.Start(
            ["bash", "-c", $"exec \"$@\" {redirection}'{file}'", "bash"],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Models__Directory"] = _cli.Folder["models"], ["Store__Path"] = _cli.Folder["results.db"] },
            "score", At(input), "--output", At(output));

        Assert.Equal(2, await process.EndAsync(s_deadline, Token));
        Assert.Contains("is the file to score", process.Error, StringComparison.Ordinal);
        Assert.Equal("a,b\n1,2\n", await File.ReadAllTextAsync(file, Token));
    }

    [Fact]
    public async Task What_a_shell_opens_has_no_name_and_goes_to_standard_output()
    {
        var rows = _cli.Folder.Write("w.csv", "a,b\n1,2\n");
        using var open = File.OpenHandle(rows);

        var outcome = await _cli.RunAsync(["score", $"/dev/fd/{open.DangerousGetHandle()}"]);

        Assert.Equal(["1,2,3,0.5,"], outcome.Rows());
        Assert.Contains("output     standard output\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_may_come_in_pieces()
    {
        using var cli = new CliRun();
        var outcome = await cli.RunAsync(new PiecesStream("a,b\r\n1,2\r\n\"3\",4\r\n5,\"x\r\n6,7\r\n"), ["score", "-"]);

        Assert.Equal(3, outcome.ExitCode);
        Assert.StartsWith("a,b,prediction,confidence,error\r\n", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(["1,2,3,0.5,", "\"3\",4,7,0.5,", "6,7,13,0.5,"], outcome.Rows().Where(row => !row.StartsWith(",,", StringComparison.Ordinal)));
    }

    /// <summary>Gives a byte at a time.</summary>
    private sealed class PiecesStream(string text) : MemoryStream(System.Text.Encoding.UTF8.GetBytes(text))
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..1], cancellationToken);
    }
}
