using System.Text;

namespace Millrace.Cli.Tests.Score;

/// <summary>Scores files that are written here, to standard output.</summary>
internal static class FileRuns
{
    /// <summary>Scores a text in UTF-8.</summary>
    public static Task<CliOutcome> ScoreAsync(this CliRun cli, string file, params string[] options) =>
        cli.ScoreAsync(Encoding.UTF8.GetBytes(file), options);

    /// <summary>Scores a file's bytes.</summary>
    public static async Task<CliOutcome> ScoreAsync(this CliRun cli, byte[] file, params string[] options)
    {
        await File.WriteAllBytesAsync(cli.Folder["rows.csv"], file, TestContext.Current.CancellationToken);
        return await cli.RunAsync(["score", cli.Folder["rows.csv"], "--output", "-", .. options]);
    }

    /// <summary>The scored rows, without the header's.</summary>
    public static string[] Rows(this CliOutcome outcome) => outcome.Out.TrimEnd('\n', '\r').Split(["\r\n", "\n"], StringSplitOptions.None)[1..];

    /// <summary>Asserts that a file was refused before a row of it was scored.</summary>
    public static void WasRefused(this CliOutcome outcome, CliRun cli, params string[] words)
    {
        Assert.All(words, word => Assert.Contains(word, outcome.Error, StringComparison.Ordinal));
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Out));
        Assert.Empty(cli.Transport.Jobs);
    }
}
