using Millrace.TestKit;
using RabbitMQ.Client;

namespace Millrace.Producer.Tests;

public sealed class BrokerTransportTests(TestRabbitMq rabbitMq)
{
    private static readonly PredictionJob s_job = new()
    {
        ModelName = SumModel.Name,
        Inputs = [Tensor.Create<float>("x", [1, 2], [1, 2])],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hundreds_of_calls_get_each_its_own_reply()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var worker = await TestWorker.StartAsync(broker.Uri, Token);
        await using var client = await MillraceClient.ConnectAsync(new MillraceClientOptions { Broker = broker.Uri }, Token);

        var sums = await Task.WhenAll(Enumerable.Range(0, 600).Select(async number =>
        {
            var job = s_job with { Inputs = [Tensor.Create<float>("x", [1, 2], [number, 1])] };
            var result = await client.PredictAsync(job, number % 2 == 0 ? Lane.Interactive : Lane.Bulk, Token);
            return result.Outputs[0].ToStrings()[0];
        }));

        Assert.Equal(Enumerable.Range(1, 600).Select(sum => $"{sum}"), sums);
    }

    [Fact]
    public async Task A_job_says_what_amqp_wants_to_know()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var worker = await TestWorker.StartAsync(broker.Uri, Token);
        await using var client = await MillraceClient.ConnectAsync(new MillraceClientOptions { Broker = broker.Uri }, Token);

        var result = await client.PredictAsync(s_job, Token);

        var (id, properties) = Assert.Single(worker.Deliveries);
        Assert.Equal(result.Id, id);
        Assert.Equal(id.ToString(), properties.MessageId);
        Assert.Equal(DeliveryModes.Persistent, properties.DeliveryMode);
        Assert.StartsWith(id.ToString(), properties.CorrelationId, StringComparison.Ordinal);
        Assert.StartsWith("amq.gen-", properties.ReplyTo, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_publish_without_a_confirm_in_time_is_the_brokers_failure()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var worker = await TestWorker.StartAsync(broker.Uri, Token);
        await using var relay = new TcpRelay(broker.Uri.Host, broker.Uri.Port);
        await using var client = await MillraceClient.ConnectAsync(
            new MillraceClientOptions { Broker = new UriBuilder(broker.Uri) { Host = "127.0.0.1", Port = relay.Port }.Uri, Timeout = TimeSpan.FromMilliseconds(200) }, Token);
        var id = Guid.NewGuid();
        relay.Hold();

        var failure = await Assert.ThrowsAsync<BrokerConnectionException>(() => client.PublishAsync(s_job with { Id = id }, Token));

        Assert.Contains($"has not confirmed job {id}", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.IsTransient);
        Assert.True(failure.IsLate);
        relay.Release();
    }

    [Fact]
    public async Task A_published_job_asks_for_no_reply()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var worker = await TestWorker.StartAsync(broker.Uri, Token);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        worker.BeforeReply = _ =>
        {
            arrived.SetResult();
            return Task.CompletedTask;
        };
        await using var client = await MillraceClient.ConnectAsync(new MillraceClientOptions { Broker = broker.Uri }, Token);

        var id = await client.PublishAsync(s_job, Token);

        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        var delivery = Assert.Single(worker.Deliveries);
        Assert.Equal(id, delivery.Id);
        Assert.Null(delivery.Properties.ReplyTo);
    }

    [Fact]
    public async Task A_model_that_nobody_serves_comes_back_at_once()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var worker = await TestWorker.StartAsync(broker.Uri, Token);
        await using var client = await MillraceClient.ConnectAsync(new MillraceClientOptions { Broker = broker.Uri }, Token);

        var unroutable = await Assert.ThrowsAsync<UnroutableJobException>(
            () => client.PredictAsync(s_job with { ModelName = "other" }, Lane.Bulk, Token));

        Assert.Contains("Nobody serves model 'other': exchange 'millrace' on amqp://", unroutable.Message, StringComparison.Ordinal);
        Assert.Contains("routing key 'other.bulk'", unroutable.Message, StringComparison.Ordinal);
        Assert.Equal(JobStatus.Succeeded, (await client.PredictAsync(s_job, Token)).Status);
    }

    [Fact]
    public async Task Where_no_worker_ever_was_nobody_serves_until_one_comes()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var client = await MillraceClient.ConnectAsync(new MillraceClientOptions { Broker = broker.Uri }, Token);

        var unroutable = await Assert.ThrowsAsync<UnroutableJobException>(() => client.PublishAsync(s_job, Token));
        Assert.Contains("exchange 'millrace' does not exist", unroutable.Message, StringComparison.Ordinal);

        await using var worker = await TestWorker.StartAsync(broker.Uri, Token);
        Assert.Equal(JobStatus.Succeeded, (await client.PredictAsync(s_job, Token)).Status);
    }

    [Fact]
    public async Task Calls_on_a_line_that_is_cut_are_repeated_as_the_same_jobs()
    {
        const int Calls = 40;
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var worker = await TestWorker.StartAsync(broker.Uri, Token);
        await using var relay = new TcpRelay(broker.Uri.Host, broker.Uri.Port);
        var cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        worker.BeforeReply = number =>
        {
            // The first replies go to a queue whose owner is gone by then.
            if (number == Calls / 2)
            {
                relay.Cut();
                cut.SetResult();
            }

            return number < Calls / 2 ? cut.Task : Task.CompletedTask;
        };
        var uri = new UriBuilder(broker.Uri) { Host = "127.0.0.1", Port = relay.Port }.Uri;
        var told = new System.Collections.Concurrent.ConcurrentQueue<BrokerConnectionException?>();
        await using var client = await MillraceClient.ConnectAsync(
            new MillraceClientOptions { Broker = uri, OnConnectionChanged = told.Enqueue }, Token);

        var results = await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => client.PredictAsync(s_job, Token)));

        Assert.All(results, result => Assert.Equal(JobStatus.Succeeded, result.Status));
        var ids = results.Select(result => result.Id!.Value).ToHashSet();
        Assert.Equal(Calls, ids.Count);
        Assert.True(worker.Deliveries.Count > Calls, "nothing was repeated");
        Assert.Contains("connection lost", told.First()?.Message, StringComparison.Ordinal);
        Assert.Null(told.Last());
        Assert.All(worker.Deliveries, delivery => Assert.Contains(delivery.Id, ids));
    }

    [Fact]
    public async Task A_broker_that_stays_away_is_told_instead_of_a_timeout()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        await using var worker = await TestWorker.StartAsync(broker.Uri, Token);
        var relay = new TcpRelay(broker.Uri.Host, broker.Uri.Port);
        var uri = new UriBuilder(broker.Uri) { Host = "127.0.0.1", Port = relay.Port }.Uri;
        await using var client = await MillraceClient.ConnectAsync(
            new MillraceClientOptions { Broker = uri, Timeout = TimeSpan.FromMilliseconds(500) }, Token);
        await relay.DisposeAsync();

        var lost = await Assert.ThrowsAsync<BrokerConnectionException>(() => client.PredictAsync(s_job, Token));

        Assert.True(lost.IsTransient);
        Assert.DoesNotContain(broker.Uri.UserInfo.Split(':')[^1], lost.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_told_apart_from_a_broker_that_is_not_there()
    {
        await using var broker = await rabbitMq.CreateVirtualHostAsync(Token);
        var wrong = new UriBuilder(broker.Uri) { Password = "s3cr3t" }.Uri;
        var nowhere = new UriBuilder(broker.Uri) { Port = 1 }.Uri;
        var noHost = new UriBuilder(broker.Uri) { Path = "no-such-host" }.Uri;

        Assert.Contains("refused the user or the password", await FailureAsync(wrong, isTransient: false), StringComparison.Ordinal);
        Assert.Contains("cannot be reached", await FailureAsync(nowhere, isTransient: true), StringComparison.Ordinal);
        Assert.Contains("refused us", await FailureAsync(noHost, isTransient: false), StringComparison.Ordinal);

        static async Task<string> FailureAsync(Uri uri, bool isTransient)
        {
            var failure = await Assert.ThrowsAsync<BrokerConnectionException>(
                () => MillraceClient.ConnectAsync(new MillraceClientOptions { Broker = uri }, Token));
            Assert.Equal(isTransient, failure.IsTransient);
            Assert.DoesNotContain("s3cr3t", failure.ToString(), StringComparison.Ordinal);
            return failure.Message;
        }
    }
}
