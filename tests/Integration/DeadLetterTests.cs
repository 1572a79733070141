using System.Text;
using Millrace.LocalServices;
using Millrace.TestKit;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Integration.Tests;

/// <summary>Jobs that the broker takes to the dead letters: each gets its row and its reply, and people find the message.</summary>
public sealed class DeadLetterTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private Site _site = null!;
    private ForeignClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _site = await Site.CreateAsync(rabbitMq, postgres, Token);
        // Declares the queues, and leaves them to the test.
        var worker = await _site.StartWorkerAsync(Token, ("Broker__DeliveryLimit", "2"));
        worker.Terminate();
        Assert.Equal(0, await worker.Exited.WaitAsync(TimeSpan.FromSeconds(30), Token));
        _client = await ForeignClient.ConnectAsync(_site.Broker);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task A_job_over_its_delivery_limit_fails_with_a_row_and_a_reply_and_stays_with_the_dead_letters()
    {
        var id = Guid.NewGuid();
        var run = Guid.NewGuid();
        var request = ForeignClient.Request(id.ToString(), Digits.Pixels(0), Digits.Pixels(1));
        request["parameters"] = new System.Text.Json.Nodes.JsonObject { ["run_id"] = run.ToString(), ["run_row"] = 8 };
        var reply = _client.CallAsync(request);
        await GiveBackAsync("millrace.digits", deliveries: 3);
        await StartAsync();

        var answer = await reply;
        Assert.Equal("failed", answer.Status);
        Assert.Equal("delivery_limit", answer.Json["code"]!.GetValue<string>());
        Assert.Equal(id.ToString(), answer.Json["id"]!.GetValue<string>());
        Assert.Equal(
            $"failed delivery_limit digits 1 interactive 2 {run} 8",
            await _site.QueryAsync<string>(
                "SELECT concat_ws(' ', status, code, model_name, model_version, lane, row_count, run_id, run_row) FROM millrace.results WHERE job_id = $1", id));
        await EmptyAsync("millrace.dead.rows");
        var dead = await _client.TakeAsync("millrace.dead");
        Assert.Equal(id.ToString(), System.Text.Json.Nodes.JsonNode.Parse(dead.Body.Span)!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_job_that_the_broker_lets_expire_is_expired()
    {
        var id = Guid.NewGuid();
        var reply = _client.CallAsync(
            Encoding.UTF8.GetBytes(ForeignClient.Request(id.ToString(), Digits.Pixels(0)).ToJsonString()),
            new BasicProperties { ContentType = "application/json", Expiration = "1" },
            "digits.bulk");
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.dead", Token) == 1);
        await StartAsync();

        var answer = await reply;
        Assert.Equal(("expired", "expired_in_queue"), (answer.Status, answer.Json["code"]!.GetValue<string>()));
        Assert.Equal("expired bulk", await _site.QueryAsync<string>("SELECT status || ' ' || lane FROM millrace.results WHERE job_id = $1", id));
    }

    [Fact]
    public async Task A_job_that_has_a_row_keeps_it_and_is_answered_from_it()
    {
        await StartAsync();
        var id = Guid.NewGuid();
        var request = ForeignClient.Request(id.ToString(), Digits.Pixels(3));
        var first = await _client.CallAsync(request);
        var committed = await RowAsync(id);

        // As the broker publishes it; a real one would need a worker that is killed in the right moment, again and again.
        var again = _client.CallDeadAsync(Encoding.UTF8.GetBytes(request.ToJsonString()), "delivery_limit", "millrace.digits");

        Assert.Equal(first.Body, (await again).Body);
        Assert.Equal(committed, await RowAsync(id));
    }

    [Fact]
    public async Task A_dead_body_without_an_id_has_no_row_and_holds_nobody_up()
    {
        await StartAsync();
        var reply = await _client.CallDeadAsync("no job"u8.ToArray(), "rejected", "millrace.digits");

        Assert.Equal("unreadable_body", reply.Json["code"]!.GetValue<string>());
        await EmptyAsync("millrace.dead.rows");
        Assert.Equal(0L, await _site.QueryAsync<long>("SELECT count(*) FROM millrace.results"));
        Assert.Equal(1u, await _site.Host.CountMessagesAsync("millrace.dead", Token));
    }

    private Task<LocalWorker> StartAsync() => _site.StartWorkerAsync(Token, ("Broker__DeliveryLimit", "2"));

    private Task<string?> RowAsync(Guid id) => _site.QueryAsync<string>("SELECT r::text FROM millrace.results AS r WHERE job_id = $1", id);

    private Task EmptyAsync(string queue) => Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync(queue, Token) == 0);

    /// <summary>Takes a queue's message and gives it back, as a worker does that ends, as often as the broker delivers it.</summary>
    private async Task GiveBackAsync(string queue, int deliveries)
    {
        await using var connection = await new ConnectionFactory { Uri = _site.Broker }.CreateConnectionAsync(Token);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Token);
        var last = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = 0;
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            await channel.BasicNackAsync(delivery.DeliveryTag, multiple: false, requeue: true);
            if (++count == deliveries)
            {
                last.SetResult();
            }
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer, Token);
        await last.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.dead", Token) == 1);
    }
}
