using Millrace.TestKit;

namespace Millrace.Integration.Tests;

/// <summary>Workers that end in the middle of their work: nothing is lost and nothing is there twice.</summary>
public sealed class LifecycleTests(TestRabbitMq rabbitMq, TestPostgres postgres)
{
    private const int Jobs = 2_000;

    [Fact]
    public async Task Jobs_of_a_killed_worker_are_finished_by_the_next_one()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        await using var client = await ForeignClient.ConnectAsync(site.Broker);
        var first = await site.StartWorkerAsync(TestContext.Current.CancellationToken);
        var ids = await client.PublishDigitsAsync(Jobs);
        await CommittedAsync(site, atLeast: 100);
        first.Kill();
        await first.Exited;
        await site.StartWorkerAsync(TestContext.Current.CancellationToken);

        await HasOneRowAndAReplyForEachAsync(site, client, ids);
    }

    [Fact]
    public async Task A_worker_told_to_stop_in_mid_load_finishes_what_it_holds_and_leaves_the_rest()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        await using var client = await ForeignClient.ConnectAsync(site.Broker);
        var first = await site.StartWorkerAsync(TestContext.Current.CancellationToken);
        var ids = await client.PublishDigitsAsync(Jobs);
        await CommittedAsync(site, atLeast: 100);
        first.Terminate();

        Assert.Equal(0, await first.Exited.WaitAsync(TimeSpan.FromSeconds(25), TestContext.Current.CancellationToken));
        await site.StartWorkerAsync(TestContext.Current.CancellationToken);
        await HasOneRowAndAReplyForEachAsync(site, client, ids);
    }

    [Fact]
    public async Task Two_workers_share_the_queue_and_no_job_is_done_twice()
    {
        await using var site = await Site.CreateAsync(rabbitMq, postgres, TestContext.Current.CancellationToken);
        await using var client = await ForeignClient.ConnectAsync(site.Broker);
        await site.StartWorkerAsync(TestContext.Current.CancellationToken, ("Delivery__WorkerName", "a"), ("Broker__Prefetch", "16"));
        await site.StartWorkerAsync(TestContext.Current.CancellationToken, ("Delivery__WorkerName", "b"), ("Broker__Prefetch", "16"));
        var ids = await client.PublishDigitsAsync(Jobs);

        await HasOneRowAndAReplyForEachAsync(site, client, ids);
        Assert.Equal(2L, await site.QueryAsync<long>("SELECT count(DISTINCT worker) FROM millrace.results"));
    }

    private static Task CommittedAsync(Site site, long atLeast) => Eventually.TrueAsync(
        async () => await site.QueryAsync<long>("SELECT count(*) FROM millrace.results") >= atLeast);

    private static async Task HasOneRowAndAReplyForEachAsync(Site site, ForeignClient client, List<Guid> ids)
    {
        await Eventually.TrueAsync(() => Task.FromResult(ids.TrueForAll(id => client.RepliesById.ContainsKey(id.ToString()))));
        Assert.Equal(ids.Count, await site.QueryAsync<long>("SELECT count(*) FROM millrace.results WHERE status = 'succeeded'"));
        Assert.Equal(ids.Count, await site.QueryAsync<long>("SELECT count(*) FROM millrace.results WHERE job_id = ANY($1)", ids.ToArray()));
        await Eventually.TrueAsync(async () => await site.Host.CountMessagesAsync("millrace.digits", TestContext.Current.CancellationToken) == 0);
        Assert.Equal(0u, await site.Host.CountMessagesAsync("millrace.dead", TestContext.Current.CancellationToken));
    }
}
