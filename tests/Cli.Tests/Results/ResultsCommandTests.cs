using System.Globalization;
using System.Text.Json;
using Millrace.Results;

namespace Millrace.Cli.Tests.Results;

public sealed class ResultsCommandTests : IDisposable
{
    private static readonly Guid s_run = Guid.Parse("0192f0c1-7a3b-7c4d-8e5f-0123456789ab");
    private static readonly Guid s_good = Guid.Parse("0192f0c1-0000-7000-8000-000000000001");
    private static readonly Guid s_bad = Guid.Parse("0192f0c1-0000-7000-8000-000000000002");

    private readonly CliRun _cli = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Results_are_a_table()
    {
        await StoreAsync();

        var outcome = await _cli.RunAsync("results");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("label 7  score 0.5", outcome.Out, StringComparison.Ordinal);
        // What a caller writes into an error does not reach the terminal as a command.
        Assert.Contains("shape_mismatch: \uFFFD[31m two, expected one", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_table_is_written_as_it_is_read_and_its_columns_stay_where_they_are()
    {
        await StoreAsync();
        await using (var store = ResultStores.OpenSqlite(_cli.Folder["results.db"]))
        {
            var row = (await store.FindAsync([s_good], Token))[0];
            for (var i = 0; i < 3; i++)
            {
                await store.CommitAsync([.. Enumerable.Range(0, 900).Select(_ => row with { JobId = Guid.CreateVersion7(), ModelName = i == 0 ? "a model, and its name is long" : "sum" })], Token);
            }
        }

        var outcome = await _cli.RunAsync("results", "--limit", "10000");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        var lines = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1 + 2 + 3 * 900, lines.Length);
        Assert.Single(lines, line => line.StartsWith("committed", StringComparison.Ordinal));
        // Newest first: the long names come last, and what was written before is not known to them.
        Assert.All(lines[1..900], line => Assert.Equal(lines[0].IndexOf("status", StringComparison.Ordinal), line.IndexOf("succeeded", StringComparison.Ordinal)));
        Assert.Equal(900, lines.Count(line => line.Contains("a model, and its name is long v1  succeeded", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Bad_rows_of_a_job_are_counted_in_the_table_and_named_in_json()
    {
        await StoreAsync();
        var job = Guid.CreateVersion7();
        await using (var store = ResultStores.OpenSqlite(_cli.Folder["results.db"]))
        {
            var row = (await store.FindAsync([s_good], Token))[0];
            await store.CommitAsync([row with { JobId = job, RowCount = 2, RowErrors = [new RowError(1, ErrorCode.InferenceFailed, "no such index")] }], Token);
        }

        var table = await _cli.RunAsync("results", "--job", job.ToString());
        var json = await _cli.RunAsync("results", "--json", "--job", job.ToString());

        Assert.Contains("succeeded but for 1 row(s)", table.Out, StringComparison.Ordinal);
        Assert.Contains("\"row_errors\":[{\"row\":1,\"code\":\"inference_failed\",\"error\":\"no such index\"}]", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_are_a_json_object_a_line()
    {
        await StoreAsync();

        var outcome = await _cli.RunAsync("results", "--json", "--run", s_run.ToString());

        Assert.Equal(0, outcome.ExitCode);
        using var row = JsonDocument.Parse(Assert.Single(outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal(s_good, row.RootElement.GetProperty("job_id").GetGuid());
        Assert.Equal(4, row.RootElement.GetProperty("run_row").GetInt64());
        Assert.Equal("7", row.RootElement.GetProperty("outputs")[0].GetProperty("data")[0].GetString());
    }

    [Theory]
    [InlineData("--status", "rejected")]
    [InlineData("--model", "other")]
    [InlineData("--job", "0192f0c1-0000-7000-8000-000000000002")]
    public async Task Results_are_narrowed(string option, string value)
    {
        await StoreAsync();

        var outcome = await _cli.RunAsync("results", "--json", option, value);

        Assert.Contains(s_bad.ToString(), Assert.Single(outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--since", "1h", 2)]
    [InlineData("--until", "1h", 0)]
    [InlineData("--since", "2999-01-01T00:00:00Z", 0)]
    [InlineData("--until", "2999-01-01", 2)]
    [InlineData("--limit", "1", 1)]
    public async Task Results_are_narrowed_in_time_and_number(string option, string value, int expected)
    {
        await StoreAsync();

        var outcome = await _cli.RunAsync("results", "--json", option, value);

        Assert.Equal(expected, outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("2026-03-01", "2026-03-01T00:00:00Z")]
    [InlineData("2026-03-01T12:30", "2026-03-01T12:30:00Z")]
    [InlineData("2026-03-01 12:30:15", "2026-03-01T12:30:15Z")]
    public async Task A_time_that_names_no_zone_is_taken_in_UTC_and_that_is_said(string given, string taken)
    {
        await StoreAsync();

        var outcome = await _cli.RunAsync("results", "--json", "--since", given);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal($"millrace: --since {given} names no time zone and is taken in UTC: {taken}\n", outcome.Error.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("2026-03-01T12:30:00Z")]
    [InlineData("2026-03-01 12:30:00.25+09:00")]
    [InlineData("7d")]
    public async Task Nothing_is_said_of_a_time_that_names_its_zone(string given)
    {
        await StoreAsync();

        var outcome = await _cli.RunAsync("results", "--json", "--since", given);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
    }

    [Theory]
    [InlineData("3/1/2026")]
    [InlineData("01.03.2026 12:00")]
    [InlineData("12:00")]
    [InlineData("March 1")]
    [InlineData("2026")]
    public async Task A_time_in_a_form_that_people_read_in_different_ways_is_refused(string given)
    {
        var outcome = await _cli.RunAsync("results", "--since", given);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal(
            $"millrace: --since: expected a time such as 2026-03-01T12:00:00Z or 2h, found '{given}'", outcome.Error.Split('\n')[0].TrimEnd());
    }

    [Theory]
    [InlineData("UTC")]
    [InlineData("Asia/Tokyo")]
    [InlineData("America/New_York")]
    public async Task A_time_is_the_same_in_every_time_zone_of_the_machine(string zone)
    {
        await StoreAsync();
        // The row was committed just now: within the last half hour, and not within the half hour to come, in UTC alone.
        var before = TimeProvider.System.GetUtcNow().AddMinutes(-30).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        var after = TimeProvider.System.GetUtcNow().AddMinutes(30).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        var environment = new Dictionary<string, string> { ["TZ"] = zone, ["Store__Path"] = _cli.Folder["results.db"] };
        using var process = CliProcess.Start([], environment, "results", "--since", before, "--until", after, "--json");

        Assert.Equal(0, await process.EndAsync(TimeSpan.FromMinutes(1), Token));

        Assert.Equal(2, process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains($"millrace: --since {before} names no time zone and is taken in UTC: {before}Z", process.Error, StringComparison.Ordinal);
        Assert.Contains($"millrace: --until {after} names no time zone and is taken in UTC: {after}Z", process.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_are_shown()
    {
        await StoreAsync();

        var table = await _cli.RunAsync("runs");
        var json = await _cli.RunAsync("runs", "--json");

        Assert.Contains(s_run.ToString(), table.Out, StringComparison.Ordinal);
        using var run = JsonDocument.Parse(json.Out);
        Assert.Equal(1, run.RootElement.GetProperty("statuses").GetProperty("succeeded").GetInt64());
    }

    [Fact]
    public async Task Where_nothing_was_ever_stored_nothing_is_made()
    {
        var outcome = await _cli.RunAsync("results");

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith("millrace: there are no results yet in ", outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_cli.Folder["results.db"]));
    }

    [Fact]
    public async Task The_schema_is_made_and_checked()
    {
        Assert.Equal(0, (await _cli.RunAsync("store", "migrate")).ExitCode);
        Assert.Equal(0, (await _cli.RunAsync("store", "check")).ExitCode);
        await File.WriteAllTextAsync(_cli.Folder["other.db"], "", Token);

        Assert.Equal(78, (await _cli.Set("Store__Path", _cli.Folder["other.db"]).RunAsync("store", "check")).ExitCode);
    }

    private async Task StoreAsync()
    {
        await using var store = ResultStores.OpenSqlite(_cli.Folder["results.db"]);
        await store.MigrateAsync(Token);
        var row = new ResultRow
        {
            JobId = s_good,
            ModelName = "sum",
            ModelVersion = "1",
            Status = JobStatus.Succeeded,
            Lane = Lane.Bulk,
            RowCount = 1,
            BatchRows = 1,
            RunId = s_run,
            RunRow = 4,
            Outputs = [Tensor.Create("label", [1, 1], ["7"]), Tensor.Create<float>("score", [1, 1], [0.5f])],
            PayloadHash = new byte[16],
            Worker = "test",
            ReceivedAt = TimeProvider.System.GetUtcNow(),
        };
        await store.CommitAsync(
            [
                row,
                row with
                {
                    JobId = s_bad,
                    ModelName = "other",
                    Status = JobStatus.Rejected,
                    Code = ErrorCode.ShapeMismatch,
                    Error = "\u001B[31m two, expected one",
                    RunId = null,
                    RunRow = null,
                    Outputs = [],
                },
            ],
            Token);
    }
}
