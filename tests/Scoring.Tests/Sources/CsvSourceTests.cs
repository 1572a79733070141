using System.Text;
using Millrace.Scoring.Sources;

namespace Millrace.Scoring.Tests.Sources;

public sealed class CsvSourceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task However_quotes_stand_no_text_is_lost_or_read_twice()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var file = Write(new Random(seed));

            var rows = await ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(file)));

            // Between the rows' texts, in their order, there are line ends alone.
            var at = "h,i\n".Length;
            foreach (var row in rows)
            {
                while (!file.AsSpan(at).StartsWith(row.Text, StringComparison.Ordinal))
                {
                    Assert.True(file[at] is '\r' or '\n', $"seed {seed}: '{file[at]}' of {Show(file)} was lost before {Show(row.Text)}");
                    at++;
                }

                Assert.Equal(1 + file[..at].ReplaceLineEndings("\n").Count(one => one == '\n'), row.Line);
                at += row.Text.Length;
            }

            Assert.True(file[at..].All(one => one is '\r' or '\n'), $"seed {seed}: the end of {Show(file)} was lost");
        }
    }

    [Fact]
    public async Task Rows_are_the_same_however_the_bytes_come()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var bytes = Encoding.UTF8.GetBytes(Write(new Random(seed)));

            Assert.Equal(await ReadAsync(new MemoryStream(bytes)), await ReadAsync(new PiecesStream(bytes, seed % 7)));
        }
    }

    private static string Write(Random random)
    {
        string[] parts = ["a", "b", ",", ",", "\"", "\"", "\"\"", "\n", "\r\n", "\n"];
        return "h,i\n" + string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => parts[random.Next(parts.Length)]));
    }

    private static async Task<List<(long Line, string? Fault, string Text)>> ReadAsync(Stream stream)
    {
        var rows = new List<(long Line, string? Fault, string Text)>();
        await using var source = await CsvSource.OpenAsync("rows.csv", stream, Token);
        while (await source.ReadAsync(Token))
        {
            rows.Add((source.LineNumber, source.Fault(), Encoding.UTF8.GetString(source.Reader.RawRecord)));
        }

        return rows;
    }

    private static string Show(string text) => text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class PiecesStream(byte[] bytes, int more) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..(1 + more)], cancellationToken);
    }
}
