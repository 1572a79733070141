using System.Text.Json;
using Millrace.Results;
using Millrace.TestKit;

namespace Millrace.Cli.Tests.Results;

public sealed class CancelCommandTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly CliRun _cli = new();
    private TestDatabase _database = null!;
    private IResultStore _store = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Token);
        _store = ResultStores.OpenPostgres(_database.ConnectionString);
        await _store.MigrateAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
        _cli.Dispose();
    }

    [Fact]
    public async Task A_job_that_has_not_ended_is_recorded()
    {
        var id = Guid.NewGuid();

        var outcome = await _cli.RunAsync("cancel", id.ToString(), "--store", await LoginAsync("millrace_operator"));

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains($"{id}  recorded", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_has_ended_is_told_with_its_status_and_time_and_ends_with_3()
    {
        var row = Row(JobStatus.Succeeded);
        await _store.CommitAsync([row], Token);
        var other = Guid.NewGuid();

        var outcome = await _cli.Set("Store__ConnectionString", _database.ConnectionString)
            .RunAsync("cancel", row.JobId.ToString(), other.ToString(), "--json");

        Assert.Equal(3, outcome.ExitCode);
        var answers = outcome.Out.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(answer => answer.GetProperty("job_id").GetGuid());
        Assert.Equal("succeeded", answers[row.JobId].GetProperty("status").GetString());
        Assert.False(answers[row.JobId].GetProperty("recorded").GetBoolean());
        Assert.Equal(JsonValueKind.String, answers[row.JobId].GetProperty("committed_at").ValueKind);
        Assert.True(answers[other].GetProperty("recorded").GetBoolean());
        Assert.Equal(JsonValueKind.Null, answers[other].GetProperty("status").ValueKind);
    }

    [Fact]
    public async Task A_job_that_is_cancelled_already_is_as_it_was_asked_for()
    {
        var row = Row(JobStatus.Cancelled);
        await _store.CommitAsync([row], Token);

        var outcome = await _cli.RunAsync("cancel", row.JobId.ToString(), "--store", _database.ConnectionString);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("cancelled at ", outcome.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("too late", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_is_told_the_grant_and_ends_with_78()
    {
        var outcome = await _cli.RunAsync("cancel", Guid.NewGuid().ToString(), "--store", await LoginAsync("millrace_reader"));

        Assert.Equal(78, outcome.ExitCode);
        Assert.Contains("GRANT millrace_operator TO login", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_SQLite_store_keeps_no_requests()
    {
        var outcome = await _cli.RunAsync("cancel", Guid.NewGuid().ToString());

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("through Postgres", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cancel")]
    [InlineData("cancel", "seven")]
    public async Task What_is_no_id_is_a_mistake(params string[] arguments)
    {
        var outcome = await _cli.RunAsync(arguments);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("see millrace cancel --help", outcome.Error, StringComparison.Ordinal);
    }

    private static ResultRow Row(JobStatus status) => new()
    {
        JobId = Guid.NewGuid(),
        ModelName = "sum",
        Status = status,
        Lane = Lane.Interactive,
        RowCount = 1,
        PayloadHash = new byte[16],
        Worker = "test",
        ReceivedAt = TimeProvider.System.GetUtcNow(),
    };

    private Task<string> LoginAsync(string role) => _database.CreateLoginAsync("", [role], Token);
}
