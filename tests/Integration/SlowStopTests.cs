using System.Diagnostics;
using System.Globalization;
using Millrace.LocalServices;
using Millrace.TestKit;
using Millrace.Worker.Tests;
using RabbitMQ.Client;

namespace Millrace.Integration.Tests;

/// <summary>A worker that is told to stop while long batches run: it ends well, in time, and whatever it had taken has a row or is queued.</summary>
public sealed class SlowStopTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private const int Rows = 8;

    // 25 s is what the worker promises; a busy machine adds to the signal's and the exit's way.
    private static readonly TimeSpan s_promise = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _models = new();
    private Site _site = null!;
    private ForeignClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _models.AddStepper().AddBlocker();
        _site = await Site.CreateAsync(rabbitMq, postgres, Token);
        _client = await ForeignClient.ConnectAsync(_site.Broker);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _site.DisposeAsync();
        _models.Dispose();
    }

    [Fact]
    public async Task A_worker_told_to_stop_while_batches_run_finishes_some_hands_the_rest_back_and_ends_well()
    {
        // The queues must be there before the jobs.
        await (await StartAsync("stepper")).DisposeAsync();
        var ids = await PublishAsync("stepper", 300, steps: 40);
        for (var stop = 0; stop < 10; stop++)
        {
            var worker = await StartAsync("stepper");
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(3_000)), Token);

            var took = await StopAsync(worker, expectedCode: 0);

            Assert.InRange(took, TimeSpan.Zero, s_promise);
            await NothingIsLostAsync("millrace.stepper", ids);
        }
    }

    [Fact]
    public async Task A_run_that_outlasts_the_grace_is_stopped_between_its_nodes_and_its_job_goes_back()
    {
        var worker = await StartAsync("stepper", ("Stop__Grace", "00:00:02"));
        // Some minutes in one batch.
        await PublishAsync("stepper", 8, steps: 1_000, rows: 16);
        await RunsAsync(worker);

        var took = await StopAsync(worker, expectedCode: 0);

        Assert.InRange(took, TimeSpan.FromSeconds(1.5), s_promise);
        Assert.Equal(8u, await _site.Host.CountMessagesAsync("millrace.stepper", Token));
        Assert.Equal(0L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results"));
        // None of them is to blame for it at the next worker.
        Assert.Equal(0L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.suspects"));
    }

    [Fact]
    public async Task A_run_that_nothing_can_stop_does_not_hold_the_end_up_and_nothing_is_taken_from_under_it()
    {
        var worker = await StartAsync("blocker");
        var ids = await PublishAsync("blocker", 3, steps: 0, rows: null);
        await RunsAsync(worker);

        var took = await StopAsync(worker, expectedCode: 0);

        Assert.InRange(took, TimeSpan.FromSeconds(5), s_promise);
        Assert.Contains(worker.OutputLines, line => line.Contains("cannot be stopped", StringComparison.Ordinal));
        await NothingIsLostAsync("millrace.blocker", ids);
    }

    private Task<LocalWorker> StartAsync(string model, params (string Key, string Value)[] settings) =>
        _site.StartWorkerAsync(Token, [("Models__Directory", _models.Path), ("Models__Names", model), .. settings]);

    private static async Task<TimeSpan> StopAsync(LocalWorker worker, int expectedCode)
    {
        var start = Stopwatch.GetTimestamp();
        worker.Terminate();
        var code = await worker.Exited.WaitAsync(s_patience, Token);
        Assert.True(code == expectedCode, $"exit code {code}: {string.Join(Environment.NewLine, worker.ErrorLines.Concat(worker.OutputLines.TakeLast(15)))}");
        return Stopwatch.GetElapsedTime(start);
    }

    private async Task<List<Guid>> PublishAsync(string model, int count, int steps, int? rows = Rows)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).ToList();
        var value = (SlowModels.Code + steps).ToString(CultureInfo.InvariantCulture);
        var (shape, data) = rows is { } many ? ($"[{many}, 1]", string.Join(',', Enumerable.Repeat(value, many))) : ("[1]", value);
        foreach (var id in ids)
        {
            var body = $$"""{"id":"{{id}}","model_name":"{{model}}","inputs":[{"name":"x","shape":{{shape}},"datatype":"FP32","data":[{{data}}]}]}""";
            await _client.PublishAsync(System.Text.Encoding.UTF8.GetBytes(body), new BasicProperties { ContentType = "application/json" }, model);
        }

        return ids;
    }

    /// <summary>Nothing but a run takes a second of a processor here.</summary>
    private static Task RunsAsync(LocalWorker worker)
    {
        var before = worker.ProcessorTime();
        return Eventually.TrueAsync(() => Task.FromResult(worker.ProcessorTime() - before > TimeSpan.FromSeconds(1)));
    }

    private async Task NothingIsLostAsync(string queue, List<Guid> ids)
    {
        var done = await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results WHERE job_id = ANY($1) AND status = 'succeeded'", ids.ToArray());
        // A job whose ack was lost has a row and is queued as well.
        await Eventually.TrueAsync(async () => done + await _site.Host.CountMessagesAsync(queue, Token) >= ids.Count);
        Assert.Equal(0L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results WHERE status <> 'succeeded'"));
        Assert.Equal(0u, await _site.Host.CountMessagesAsync("millrace.dead", Token));
    }
}
