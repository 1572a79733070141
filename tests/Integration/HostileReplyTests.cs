using System.Diagnostics;
using System.Text;
using Millrace.LocalServices;
using Millrace.TestKit;
using RabbitMQ.Client;

namespace Millrace.Integration.Tests;

/// <summary>Callers whose replies cannot be delivered, beside callers whose replies can.</summary>
public sealed class HostileReplyTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private Site _site = null!;
    private LocalWorker _worker = null!;
    private ForeignClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _site = await Site.CreateAsync(rabbitMq, postgres, Token);
        _worker = await _site.StartWorkerAsync(Token);
        _client = await ForeignClient.ConnectAsync(_site.Broker);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task Replies_to_a_queue_that_refuses_stop_nobody_else_s_and_are_marked_so()
    {
        await DeclareRefusingAsync("full");
        var start = Stopwatch.GetTimestamp();
        await PublishAsync(600, "full");
        await CallManyAsync(500);
        await MarkedAsync(600, "refused");
        AssertFewLines(Stopwatch.GetElapsedTime(start));
    }

    [Fact]
    public async Task Marks_of_replies_that_no_queue_takes_share_a_connection()
    {
        var start = Stopwatch.GetTimestamp();
        var most = 0L;
        await PublishAsync(4_000, "missing");
        await Eventually.TrueAsync(async () =>
        {
            most = Math.Max(most, await _site.QueryAsync<long>(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename <> current_user"));
            return await CountMarkedAsync("no_queue") == 4_000;
        });

        Assert.InRange(most, 1, 6);
        AssertFewLines(Stopwatch.GetElapsedTime(start));
    }

    [Fact]
    public async Task A_name_over_which_the_broker_ends_connections_costs_nobody_an_answer_nor_doubles_one()
    {
        var start = Stopwatch.GetTimestamp();
        await PublishAsync(50, "amq.rabbitmq.reply-to.AAAA.x");
        await CallManyAsync(300);
        // Refused at the door, or found out by sending: its row says so.
        await Eventually.TrueAsync(async () => await _site.QueryAsync<long>(
            "SELECT count(*) FROM millrace.results WHERE undeliverable_reason = 'closes_channel' OR status = 'rejected'") == 50);
        Assert.All(_client.RepliesById.Values, count => Assert.Equal(1, count));
        AssertFewLines(Stopwatch.GetElapsedTime(start));
    }

    [Fact]
    public async Task A_job_sent_again_after_its_caller_left_is_not_marked()
    {
        var id = Guid.NewGuid();
        await _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(0)));
        await PublishAsync(1, "missing", id);
        // Another job behind it in the same queue: the one before is done.
        await PublishAsync(1, "missing");
        await MarkedAsync(1, "no_queue");
        Assert.False(await _site.QueryAsync<bool>("SELECT undeliverable_at IS NOT NULL FROM millrace.results WHERE job_id = $1", id));
    }

    [Fact]
    public async Task A_caller_by_direct_reply_to_is_answered_and_its_row_is_not_marked()
    {
        var connection = await new ConnectionFactory { Uri = _site.Broker }.CreateConnectionAsync(Token);
        await using (connection)
        {
            await using var channel = await connection.CreateChannelAsync(cancellationToken: Token);
            var replies = 0;
            var consumer = new RabbitMQ.Client.Events.AsyncEventingBasicConsumer(channel);
            consumer.ReceivedAsync += (_, _) =>
            {
                Interlocked.Increment(ref replies);
                return Task.CompletedTask;
            };
            await channel.BasicConsumeAsync("amq.rabbitmq.reply-to", autoAck: true, consumer, Token);
            for (var i = 0; i < 20; i++)
            {
                await channel.BasicPublishAsync(
                    "millrace", "digits", true, new BasicProperties { ReplyTo = "amq.rabbitmq.reply-to", ContentType = "application/json" }, Body(Guid.NewGuid()), Token);
            }

            await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref replies) == 20));
        }

        await CallManyAsync(1);
        Assert.Equal(0L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results WHERE undeliverable_at IS NOT NULL"));
        Assert.Equal(21L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results"));
    }

    [Fact]
    public async Task A_model_s_name_of_megabytes_makes_no_row_or_reply_of_megabytes()
    {
        var id = Guid.NewGuid();
        var request = ForeignClient.Request(id.ToString(), Digits.Pixels(0));
        request["model_name"] = new string('m', 3_000_000);
        var reply = await _client.CallAsync(request);

        Assert.Equal("model_not_found", reply.Json["code"]!.GetValue<string>());
        Assert.InRange(reply.Body.Length, 1, 1_000);
        Assert.InRange(
            await _site.QueryAsync<int>("SELECT pg_column_size(r.*) + octet_length(error) + octet_length(model_name) FROM millrace.results AS r WHERE job_id = $1", id), 1, 2_000);
    }

    private static byte[] Body(Guid id) => Encoding.UTF8.GetBytes(ForeignClient.Request(id.ToString(), Digits.Pixels(0)).ToJsonString());

    private void AssertFewLines(TimeSpan time) => Assert.InRange(_worker.OutputLines.Count, 0, 100 + (int)(time.TotalSeconds * 100));

    private Task PublishAsync(int count, string replyTo, Guid? id = null) => Task.WhenAll(Enumerable.Range(0, count).Select(_ => _client.PublishAsync(
        Body(id ?? Guid.NewGuid()), new BasicProperties { ContentType = "application/json", ReplyTo = replyTo })));

    private async Task CallManyAsync(int count)
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, count).Select(i => _client.CallAsync(ForeignClient.Request(Guid.NewGuid().ToString(), Digits.Pixels(i)))));
        Assert.All(replies, reply => Assert.Equal("succeeded", reply.Status));
    }

    private Task MarkedAsync(long count, string reason) => Eventually.TrueAsync(async () => await CountMarkedAsync(reason) == count);

    private Task<long> CountMarkedAsync(string reason) =>
        _site.QueryAsync<long>("SELECT count(*) FROM millrace.results WHERE undeliverable_at IS NOT NULL AND undeliverable_reason = $1", reason);

    private async Task DeclareRefusingAsync(string queue)
    {
        await using var connection = await new ConnectionFactory { Uri = _site.Broker }.CreateConnectionAsync(Token);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Token);
        await channel.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false, arguments: new Dictionary<string, object?> { ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" }, cancellationToken: Token);
        await channel.BasicPublishAsync("", queue, "fills it"u8.ToArray(), Token);
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync(queue, Token) == 1);
    }
}
