using Millrace.LocalServices;
using Millrace.Results;
using Millrace.TestKit;

namespace Millrace.Integration.Tests;

/// <summary>A broker or a database that is not there: yet, any more, or while the worker is told to stop.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private LocalRabbitMq _broker = null!;
    private LocalPostgres _database = null!;
    private string _login = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("MILLRACE_TEST_RABBITMQ") is not null || Environment.GetEnvironmentVariable("MILLRACE_TEST_POSTGRES") is not null,
            "Stops its servers, so it wants those of this machine.");
        if ((ServerPrograms.MissingRabbitMq() ?? ServerPrograms.MissingPostgres()) is { } missing)
        {
            Assert.Skip(missing);
        }

        _broker = await LocalRabbitMq.StartAsync(new LocalRabbitMqOptions { StartTimeout = TimeSpan.FromMinutes(5) }, Token);
        _database = await LocalPostgres.StartAsync(new LocalPostgresOptions(), Token);
        await using var store = ResultStores.OpenPostgres(_database.ConnectionString);
        await store.MigrateAsync(Token);
        _login = await _database.MakeWorkerLoginAsync("outage_worker", Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_worker_waits_for_a_database_and_a_broker_that_come_later_and_says_so()
    {
        await _database.StopAsync(PostgresStop.Fast);
        await _broker.StopAsync();
        await using var worker = StartWorker();

        await HasSaidAsync(worker, "the store");
        await _database.StartAgainAsync(Token);
        await HasSaidAsync(worker, "the broker");
        Assert.False(worker.Ready.IsCompleted);
        await _broker.StartAgainAsync(Token);

        await worker.Ready.WaitAsync(s_patience, Token);
    }

    [Fact]
    public async Task A_worker_told_to_stop_without_its_database_ends_in_time_with_an_error_and_loses_nothing()
    {
        var worker = StartWorker();
        await worker.Ready.WaitAsync(s_patience, Token);
        await using var client = await ForeignClient.ConnectAsync(_broker.Uri);
        await _database.StopAsync(PostgresStop.Immediate);
        var ids = await client.PublishDigitsAsync(300);
        // What only waits goes back, and is no error; what has run cannot be committed. Calls that fail are told once a second: by the third
        // line the first commit is among them.
        await Eventually.TrueAsync(() => Task.FromResult(worker.OutputLines.Count(line => line.Contains("A call to the store", StringComparison.Ordinal)) >= 3));

        worker.Terminate();

        var code = await worker.Exited.WaitAsync(TimeSpan.FromSeconds(25), Token);
        Assert.True(code == 1, $"exit code {code}: {string.Join(Environment.NewLine, worker.OutputLines.Concat(worker.ErrorLines).TakeLast(40))}");
        await worker.DisposeAsync();
        await _database.StartAgainAsync(Token);
        await using var next = StartWorker();
        await Eventually.TrueAsync(() => Task.FromResult(ids.TrueForAll(id => client.RepliesById.ContainsKey(id.ToString()))));
        await using var store = ResultStores.OpenPostgres(_database.ConnectionString);
        Assert.Equal(ids.Count, (await store.FindAsync(ids, Token)).Count(row => row.Status == Contracts.JobStatus.Succeeded));
    }

    [Fact]
    public async Task A_second_signal_ends_a_worker_at_once()
    {
        var worker = StartWorker();
        await worker.Ready.WaitAsync(s_patience, Token);
        await using var client = await ForeignClient.ConnectAsync(_broker.Uri);
        await _database.StopAsync(PostgresStop.Immediate);
        await client.PublishDigitsAsync(10);
        await HasSaidAsync(worker, "the store");

        worker.Terminate();
        // Signals of one kind that nobody has seen yet are one signal.
        await Eventually.TrueAsync(() => Task.FromResult(worker.OutputLines.Any(line => line.Contains("Stopping", StringComparison.Ordinal))));
        worker.Terminate();

        Assert.Equal(128 + 9, await worker.Exited.WaitAsync(TimeSpan.FromSeconds(5), Token));
        Assert.Contains(worker.ErrorLines, line => line.Contains("second signal", StringComparison.Ordinal));
        await worker.DisposeAsync();
    }

    private LocalWorker StartWorker() => LocalWorker.Start(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Broker__Uri"] = _broker.Uri.ToString(),
        ["Store__ConnectionString"] = _login,
        ["Models__Directory"] = Repository.Folder("models"),
    });

    private static Task HasSaidAsync(LocalWorker worker, string what) => Eventually.TrueAsync(
        () => Task.FromResult(worker.OutputLines.Any(line => line.Contains($"A call to {what}", StringComparison.Ordinal))));
}
