using System.Globalization;

namespace Millrace.Producer.Tests.Cli;

/// <summary>The whole of it, as <c>./run</c> does it: the shipped model, its real rows, the embedded worker and SQLite.</summary>
public sealed class DigitsTests : IDisposable
{
    private readonly CliRun _cli = new() { IsReal = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task The_digits_are_scored_in_their_order_and_stored()
    {
        var samples = Path.Combine(Repository(), "samples", "digits.csv");
        var output = _cli.Folder["scored.csv"];
        _cli.Set("Models__Directory", Path.Combine(Repository(), "models"));

        var outcome = await _cli.RunAsync("score", samples, "--output", output);

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("scored     1,797 rows in ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(", mean batch ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("held out   rows 5, 10, 15, … (every 5th, never trained on): ", outcome.Error, StringComparison.Ordinal);
        var given = await File.ReadAllLinesAsync(samples, Token);
        var scored = await File.ReadAllLinesAsync(output, Token);
        Assert.Equal($"{given[0]},prediction,confidence", scored[0]);
        Assert.Equal(given.Length, scored.Length);
        var hits = 0;
        for (var row = 1; row < given.Length; row++)
        {
            Assert.StartsWith(given[row] + ",", scored[row], StringComparison.Ordinal);
            var fields = scored[row].Split(',');
            hits += fields[^2] == fields[^3] ? 1 : 0;
            Assert.InRange(float.Parse(fields[^1], CultureInfo.InvariantCulture), 0.1f, 1f);
        }

        Assert.InRange(hits, given.Length * 97 / 100, given.Length);

        var stored = await _cli.RunAsync("runs", "--json");
        Assert.Contains("\"rows\":1797", stored.Out, StringComparison.Ordinal);
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder.FullName;
    }
}
