using System.Globalization;

namespace Millrace.Cli.Tests.Score;

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

    [Fact]
    public async Task A_run_is_taken_up_with_its_own_rows_only()
    {
        _cli.Set("Models__Directory", Path.Combine(Repository(), "models"));
        var lines = await File.ReadAllLinesAsync(Path.Combine(Repository(), "samples", "digits.csv"), Token);
        string Rows(params Range[] ranges) => string.Join('\n', [lines[0], .. ranges.SelectMany(range => lines[range]), ""]);
        var begun = _cli.Folder.Write("begun.csv", Rows(1..21));
        var run = Guid.NewGuid().ToString();
        var first = await _cli.RunAsync("score", begun, "--output", _cli.Folder["first.csv"], "--run", run);
        Assert.True(first.ExitCode == 0, first.Error);

        var other = _cli.Folder.Write("other.csv", Rows(30..60));
        var second = await _cli.RunAsync("score", other, "--output", _cli.Folder["second.csv"], "--run", run);

        Assert.Equal(2, second.ExitCode);
        Assert.Contains($"millrace: run {run} was begun with {begun} and differs: bytes is '", second.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_cli.Folder["second.csv"]));

        // Of a pipe nothing is known beforehand: its first job tells.
        var third = await _cli.RunAsync(Rows(30..60), ["score", "-", "--run", run]);
        Assert.Equal(2, third.ExitCode);
        Assert.Contains($"run {run} was begun with other rows: from row 1 on", third.Error, StringComparison.Ordinal);

        // Its own file is its own wherever it lies, and gives the same, scored once.
        var moved = _cli.Folder.Write("moved.csv", Rows(1..21));
        var fourth = await _cli.RunAsync("score", moved, "--output", _cli.Folder["fourth.csv"], "--run", run);
        Assert.True(fourth.ExitCode == 0, fourth.Error);
        Assert.Equal(await File.ReadAllTextAsync(_cli.Folder["first.csv"], Token), await File.ReadAllTextAsync(_cli.Folder["fourth.csv"], Token));
        Assert.Contains("\"rows\":20,", (await _cli.RunAsync("runs", "--json")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_is_not_taken_up_with_a_model_that_has_changed()
    {
        var models = _cli.Folder["other-models"];
        foreach (var file in new[] { "digits/model.json", "digits/1/model.onnx" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(models, file))!);
            File.Copy(Path.Combine(Repository(), "models", file), Path.Combine(models, file));
        }

        _cli.Set("Models__Directory", models);
        var lines = await File.ReadAllLinesAsync(Path.Combine(Repository(), "samples", "digits.csv"), Token);
        var input = _cli.Folder.Write("rows.csv", string.Join('\n', [.. lines[..10], ""]));
        var run = Guid.NewGuid().ToString();
        var first = await _cli.RunAsync("score", input, "--output", _cli.Folder["first.csv"], "--run", run);
        Assert.True(first.ExitCode == 0, first.Error);

        await File.AppendAllTextAsync(Path.Combine(models, "digits", "model.json"), "\n", Token);
        var second = await _cli.RunAsync("score", input, "--output", _cli.Folder["second.csv"], "--run", run);

        Assert.Equal(2, second.ExitCode);
        Assert.Contains("and differs: model_sha256 is '", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_goes_ends_the_run_even_of_an_endless_stream()
    {
        var samples = Path.Combine(Repository(), "samples", "digits.csv");
        var millrace = $"'{Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet"}' '{Path.Combine(AppContext.BaseDirectory, "millrace.dll")}'";
        // The rows over and over, until nobody takes them any more.
        var script = $"{{ cat '{samples}'; while tail -n +2 '{samples}'; do :; done; }} 2>/dev/null | {millrace} score - 2>'{_cli.Folder["error"]}' | head -n 3; echo ${{PIPESTATUS[1]}}";
        var start = new System.Diagnostics.ProcessStartInfo("timeout", ["60", "bash", "-c", script]) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment["Models__Directory"] = Path.Combine(Repository(), "models");
        start.Environment["Store__Path"] = _cli.Folder["results.db"];

        using var shell = System.Diagnostics.Process.Start(start)!;
        var lines = (await shell.StandardOutput.ReadToEndAsync(Token)).TrimEnd().Split('\n');
        await shell.WaitForExitAsync(Token);

        var error = await File.ReadAllTextAsync(_cli.Folder["error"], Token);
        Assert.True(lines is [_, _, _, "141"], $"{string.Join('|', lines)}: {error}");
        Assert.Contains("millrace: standard output was closed by who read it", error, StringComparison.Ordinal);
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
