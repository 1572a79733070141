using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Millrace.LocalServices;
using Millrace.TestKit;

namespace Millrace.Cli.Tests.Score;

/// <summary>
/// An embedded store that takes no rows: where a person must make room, the command says so and ends; what may pass is waited for, and told; and
/// the run goes on later where it was.
/// </summary>
public sealed partial class FullDiskTests : IDisposable
{
    private const int Failure = 1;
    private const int Interrupted = 130;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly string _samples = Path.Combine(Repository(), "samples", "digits.csv");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    // Full from the start, and in the middle of the run.
    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public async Task A_full_disk_ends_the_run_with_its_reason_and_the_run_is_taken_up_again_once_there_is_room(long left)
    {
        await using var disk = await MountAsync();
        var (exitCode, error) = await RunAsync(disk, "store", "migrate");
        Assert.True(exitCode == 0, error);
        disk.Fill(left);

        (exitCode, error) = await RunAsync(disk, "score", _samples, "--output", _folder["scored.csv"]);

        Assert.True(exitCode == Failure, $"{exitCode}: {error}");
        Assert.Contains($"millrace: disk full: SQLite file {disk["results.db"]} takes 0.", error, StringComparison.Ordinal);
        Assert.Contains("and its disk has 0.0 MiB left. Make room there.", error, StringComparison.Ordinal);
        var run = ResumeLine().Match(error).Groups["run"].Value;
        Assert.True(Guid.TryParse(run, CultureInfo.InvariantCulture, out _), error);

        disk.Free();
        (exitCode, error) = await RunAsync(disk, "score", _samples, "--output", _folder["scored.csv"], "--run", run);

        Assert.True(exitCode == 0, $"{exitCode}: {error}");
        Assert.Equal(1798, (await File.ReadAllLinesAsync(_folder["scored.csv"], Token)).Length);
    }

    [Fact]
    public async Task A_disk_that_is_full_from_the_start_ends_a_migration_with_its_reason()
    {
        await using var disk = await MountAsync();
        disk.Fill(0);

        var (exitCode, error) = await RunAsync(disk, "store", "migrate");

        Assert.True(exitCode == Failure, $"{exitCode}: {error}");
        Assert.Contains("Make room there", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_of_another_process_is_told_and_the_first_signal_ends_the_wait()
    {
        using (var migrate = CliProcess.Start([], Environment(_folder["results.db"]), "store", "migrate"))
        {
            Assert.Equal(0, await migrate.EndAsync(s_patience, Token));
        }

        await using var other = new SqliteConnection($"Data Source={_folder["results.db"]};Pooling=false");
        await other.OpenAsync(Token);
        await using var locked = other.BeginTransaction(deferred: false);
        using var score = CliProcess.Start([], Environment(_folder["results.db"]), "score", _samples, "--output", _folder["scored.csv"]);
        await score.SaysAsync("is locked by another process").WaitAsync(s_patience, Token);

        score.Terminate();

        Assert.Equal(Interrupted, await score.EndAsync(s_patience, Token));
        Assert.Matches(ResumeLine(), score.Error);
    }

    private static async Task<SmallDisk> MountAsync()
    {
        try
        {
            return await SmallDisk.MountAsync("4m", ServerUser.Same, Token);
        }
        catch (SmallDiskException none)
        {
            Assert.Skip(none.Message);
            throw;
        }
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

    private static Dictionary<string, string> Environment(string store) => new(StringComparer.Ordinal)
    {
        ["Models__Directory"] = Path.Combine(Repository(), "models"),
        ["Store__Path"] = store,
    };

    private static async Task<(int ExitCode, string Error)> RunAsync(SmallDisk disk, params string[] arguments)
    {
        using var cli = CliProcess.Start(disk.Enter, Environment(disk["results.db"]), arguments);
        return (await cli.EndAsync(s_patience, Token), cli.Error);
    }

    [GeneratedRegex("--run (?<run>[0-9a-f-]{36}) takes it up again", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ResumeLine();
}
