using Millrace.LocalServices;
using Millrace.Results;
using Millrace.TestKit;

namespace Millrace.Integration.Tests;

/// <summary>Jobs that are taken back while they wait.</summary>
public sealed class CancelTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private readonly string _models = Directory.CreateTempSubdirectory("millrace-cancel-tests-").FullName;
    private Site _site = null!;
    private ForeignClient _client = null!;
    private IResultStore _store = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _site = await Site.CreateAsync(rabbitMq, postgres, Token);
        _client = await ForeignClient.ConnectAsync(_site.Broker);
        _store = ResultStores.OpenPostgres(_site.OwnerLogin);
        Digits.CopyModel(_models, config => config["max_queue_delay"] = "3600s");
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _store.DisposeAsync();
        await _site.DisposeAsync();
        Directory.Delete(_models, recursive: true);
    }

    [Fact]
    public async Task A_job_that_waits_in_the_batcher_is_cancelled_at_once_and_its_neighbours_are_not()
    {
        await StartAsync();
        var ids = Enumerable.Range(0, 3).Select(_ => Guid.NewGuid()).ToList();
        var replies = ids.ConvertAll(id => _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(1))));
        // A batch of 64 waits an hour for 61 rows more. That the worker has all three, the broker says.
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.digits", Token) == 0);

        var answer = Assert.Single(await CancelAsync(ids[1]));

        Assert.Null(answer.Status);
        var reply = await replies[1];
        Assert.Equal(("cancelled", "cancelled"), (reply.Status, reply.Json["code"]!.GetValue<string>()));
        Assert.Equal("cancelled cancelled", await _site.QueryAsync<string>("SELECT status || ' ' || code FROM millrace.results WHERE job_id = $1", ids[1]));
        Assert.Equal(1L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results"));
        var rest = _client.CallAsync(ForeignClient.Request(null, [.. Enumerable.Range(0, 62).Select(Digits.Pixels)]));
        Assert.Equal(["succeeded", "succeeded", "succeeded"], [(await replies[0]).Status, (await replies[2]).Status, (await rest).Status]);
        Assert.Equal(JobStatus.Cancelled, Assert.Single(await CancelAsync(ids[1])).Status);
        Assert.Equal(JobStatus.Succeeded, Assert.Single(await CancelAsync(ids[0])).Status);
    }

    [Fact]
    public async Task A_job_that_no_worker_has_seen_yet_is_cancelled_when_one_takes_it()
    {
        var early = Guid.NewGuid();
        var late = Guid.NewGuid();
        await CancelAsync(early);
        await StartAsync();

        var reply = await _client.CallAsync(ForeignClient.Request(early.ToString(), Digits.Pixels(1)));
        Assert.Equal("cancelled", reply.Status);

        // This one hears of its request before its job comes: the cancelled job behind it says so.
        var waiting = Guid.NewGuid();
        var first = _client.CallAsync(ForeignClient.Request(waiting.ToString(), Digits.Pixels(1)));
        await CancelAsync(late);
        await CancelAsync(waiting);
        await first;
        Assert.Equal("cancelled", (await _client.CallAsync(ForeignClient.Request(late.ToString(), Digits.Pixels(1)))).Status);
    }

    [Fact]
    public async Task A_worker_that_lost_its_connection_hears_of_what_it_missed()
    {
        await StartAsync();
        var id = Guid.NewGuid();
        var reply = _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(1)));
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.digits", Token) == 0);

        Assert.True(await _site.QueryAsync<bool>(
            "SELECT bool_and(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% cancellations'"));
        await CancelAsync(id);

        Assert.Equal("cancelled", (await reply).Status);
    }

    [Fact]
    public async Task A_notification_by_a_login_that_may_not_cancel_cancels_nothing()
    {
        var worker = await StartAsync();
        var ids = Enumerable.Range(0, 2).Select(_ => Guid.NewGuid()).ToList();
        var replies = ids.ConvertAll(id => _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(1))));
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.digits", Token) == 0);

        await _site.ExecuteAsStrangerAsync($"NOTIFY millrace_cancellations, '{ids[0]}'", Token);
        // Behind it, so that the worker has heard of both.
        await CancelAsync(ids[1]);

        Assert.Equal("cancelled", (await replies[1]).Status);
        var rest = _client.CallAsync(ForeignClient.Request(null, [.. Enumerable.Range(0, 63).Select(Digits.Pixels)]));
        Assert.Equal(["succeeded", "succeeded"], [(await replies[0]).Status, (await rest).Status]);
        Assert.Single(worker.OutputLines, line => line.Contains("Cancelling 1 job(s)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_million_notifications_write_no_log_and_push_no_request_out()
    {
        var worker = await StartAsync(("Cancelling__MaxRemembered", "1000"));
        var id = Guid.NewGuid();
        await CancelAsync(id);
        var lines = worker.OutputLines.Count;

        await _site.ExecuteAsStrangerAsync(
            "SELECT count(pg_notify('millrace_cancellations', gen_random_uuid()::text)) FROM generate_series(1, 1000000)", Token);
        // Behind them.
        var last = Guid.NewGuid();
        var waiting = _client.CallAsync(ForeignClient.Request(last.ToString(), Digits.Pixels(1)));
        await CancelAsync(last);

        Assert.Equal("cancelled", (await waiting).Status);
        Assert.Equal("cancelled", (await _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(1)))).Status);
        Assert.InRange(worker.OutputLines.Count - lines, 0, 10);
    }

    [Fact]
    public async Task A_request_that_was_pushed_out_of_memory_is_looked_up_when_its_job_comes()
    {
        var worker = await StartAsync(("Cancelling__MaxRemembered", "10"));
        var id = Guid.NewGuid();
        var other = _client.CallAsync(ForeignClient.Request(null, [.. Enumerable.Range(0, 64).Select(Digits.Pixels)]));
        await CancelAsync(id);
        await ((ICancellationStore)_store).CancelAsync([.. Enumerable.Range(0, 2500).Select(_ => Guid.NewGuid())], Token);
        await Eventually.TrueAsync(() => Task.FromResult(worker.OutputLines.Any(line => line.Contains("More than 10 jobs", StringComparison.Ordinal))));

        Assert.Equal("cancelled", (await _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(1)))).Status);
        Assert.Equal("succeeded", (await other).Status);
        Assert.Equal("succeeded", (await _client.CallAsync(ForeignClient.Request(null, [.. Enumerable.Range(0, 64).Select(Digits.Pixels)]))).Status);
    }

    private Task<IReadOnlyList<CancellationAnswer>> CancelAsync(Guid id) => ((ICancellationStore)_store).CancelAsync([id], Token);

    private Task<LocalWorker> StartAsync(params (string Key, string Value)[] settings) =>
        _site.StartWorkerAsync(Token, [("Models__Directory", _models), .. settings]);
}
