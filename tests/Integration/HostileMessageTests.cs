using System.Text;
using System.Text.Json.Nodes;
using Millrace.LocalServices;
using Millrace.TestKit;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Integration.Tests;

/// <summary>What one caller puts into the properties of a message, and what the others notice of it: nothing.</summary>
public sealed class HostileMessageTests(TestRabbitMq rabbitMq, TestPostgres postgres) : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

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
    public async Task A_reply_address_of_Millrace_s_own_is_refused_the_row_says_so_and_nothing_goes_there()
    {
        foreach (var queue in new[] { "millrace.dead", "millrace.dead.rows", "millrace.retry.after.1s", "millrace.digits", "millrace" })
        {
            var id = await PublishAsync(queue);
            Assert.Equal("rejected reply_to_refused", await RowAsync(id));
            Assert.Contains(queue, await _site.QueryAsync<string>("SELECT error FROM millrace.results WHERE job_id = $1", id), StringComparison.Ordinal);
        }

        await AssertUndisturbedAsync();
        Assert.Equal(0u, await _site.Host.CountMessagesAsync("millrace.dead", Token));
    }

    [Fact]
    public async Task A_direct_reply_to_that_makes_the_broker_close_the_connection_is_refused()
    {
        var id = await PublishAsync("amq.rabbitmq.reply-to.AAAA.x");

        Assert.Equal("rejected reply_to_refused", await RowAsync(id));
        await AssertUndisturbedAsync();
    }

    [Fact]
    public async Task A_direct_reply_to_as_the_broker_writes_it_is_answered()
    {
        await using var connection = await new ConnectionFactory { Uri = _site.Broker }.CreateConnectionAsync(Token);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Token);
        var reply = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            reply.TrySetResult(delivery.BasicProperties.CorrelationId);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync("amq.rabbitmq.reply-to", autoAck: true, consumer, Token);
        var id = Guid.NewGuid();
        await channel.BasicPublishAsync(
            "millrace",
            "digits",
            mandatory: true,
            new BasicProperties { ContentType = "application/json", ReplyTo = "amq.rabbitmq.reply-to", CorrelationId = "c-1" },
            Body(id),
            Token);

        Assert.Equal("c-1", await reply.Task.WaitAsync(s_patience, Token));
        Assert.Equal("succeeded", await RowAsync(id));
    }

    [Fact]
    public async Task A_correlation_id_of_other_bytes_than_UTF_8_is_left_out_of_the_reply_which_says_so()
    {
        var id = Guid.NewGuid();
        var queue = await DeclareAsync();
        await using var raw = await RawPublisher.ConnectAsync(_site.Broker, Token);
        await raw.PublishAsync("digits", Body(id), "application/json"u8.ToArray(), Bad(255), Encoding.UTF8.GetBytes(queue), Bad(255), Token);

        var reply = (await _client.TakeAsync(queue)).BasicProperties;
        Assert.Null(reply.CorrelationId);
        Assert.StartsWith("correlation_id: left out", Encoding.UTF8.GetString((byte[])reply.Headers!["millrace-note"]!), StringComparison.Ordinal);
        Assert.Equal("succeeded", await RowAsync(id));
        await AssertUndisturbedAsync();
    }

    [Fact]
    public async Task A_reply_to_of_other_bytes_than_UTF_8_is_refused()
    {
        var id = Guid.NewGuid();
        await using var raw = await RawPublisher.ConnectAsync(_site.Broker, Token);
        await raw.PublishAsync("digits", Body(id), "application/json"u8.ToArray(), "c"u8.ToArray(), Bad(255), "m"u8.ToArray(), Token);

        Assert.Equal("rejected reply_to_refused", await RowAsync(id));
        await AssertUndisturbedAsync();
    }

    [Fact]
    public async Task A_body_whose_content_type_cannot_be_written_back_reaches_the_dead_letters_and_its_sender_is_told()
    {
        var queue = await DeclareAsync();
        await using var raw = await RawPublisher.ConnectAsync(_site.Broker, Token);
        await raw.PublishAsync("digits", "no job"u8.ToArray(), Bad(255), Bad(255), Encoding.UTF8.GetBytes(queue), Bad(255), Token);

        var reply = await _client.TakeAsync(queue);
        Assert.Equal("unreadable_body", JsonNode.Parse(reply.Body.Span)!["code"]!.GetValue<string>());
        var dead = await _client.TakeAsync("millrace.dead");
        Assert.Equal("no job"u8.ToArray(), dead.Body.ToArray());
        Assert.StartsWith("unreadable_body: content_type: found '", Encoding.UTF8.GetString((byte[])dead.BasicProperties.Headers!["millrace-reason"]!), StringComparison.Ordinal);
        await AssertUndisturbedAsync();
    }

    [Fact]
    public async Task A_negative_header_length_is_told_as_it_is()
    {
        var reply = await _client.CallAsync(
            Body(Guid.NewGuid()),
            new BasicProperties
            {
                ContentType = "application/octet-stream",
                Headers = new Dictionary<string, object?> { ["Inference-Header-Content-Length"] = -5 },
            });

        Assert.Contains("Inference-Header-Content-Length: -5 is not a length", reply.Json["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_gives_itself_a_worker_s_reason_gets_its_row_all_the_same_when_it_dies()
    {
        _worker.Terminate();
        await _worker.Exited.WaitAsync(s_patience, Token);
        var id = Guid.NewGuid();
        await _client.PublishAsync(
            Body(id),
            new BasicProperties
            {
                ContentType = "application/json",
                Expiration = "1",
                Headers = new Dictionary<string, object?>
                {
                    ["millrace-reason"] = "unreadable_body: so it says",
                    ["x-death"] = new List<object?> { new Dictionary<string, object?> { ["queue"] = "millrace.digits.bulk", ["reason"] = "rejected", ["count"] = 1L } },
                },
            });
        await Eventually.TrueAsync(async () => await _site.Host.CountMessagesAsync("millrace.dead", Token) == 1);
        await _site.StartWorkerAsync(Token);

        Assert.Equal("expired expired_in_queue", await RowAsync(id));
    }

    [Fact]
    public async Task A_message_that_was_put_straight_among_the_dead_letters_gives_no_id_a_row()
    {
        var id = Guid.NewGuid();
        await using (var connection = await new ConnectionFactory { Uri = _site.Broker }.CreateConnectionAsync(Token))
        await using (var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), Token))
        {
            var death = new Dictionary<string, object?> { ["queue"] = "millrace.digits", ["reason"] = "delivery_limit", ["count"] = 21L };
            await channel.BasicPublishAsync(
                "",
                "millrace.dead.rows",
                mandatory: true,
                new BasicProperties { ContentType = "application/json", Headers = new Dictionary<string, object?> { ["x-death"] = new List<object?> { death } } },
                Body(id),
                Token);
        }

        await Eventually.TrueAsync(() => Task.FromResult(_worker.OutputLines.Any(line => line.Contains("[602]", StringComparison.Ordinal))));
        Assert.Equal("succeeded", (await _client.CallAsync(ForeignClient.Request(id.ToString(), Digits.Pixels(0)))).Status);
    }

    private static byte[] Bad(int length) => [.. Enumerable.Repeat((byte)0xFF, length)];

    private static byte[] Body(Guid id) => Encoding.UTF8.GetBytes(ForeignClient.Request(id.ToString(), Digits.Pixels(0)).ToJsonString());

    private async Task<Guid> PublishAsync(string replyTo)
    {
        var id = Guid.NewGuid();
        await _client.PublishAsync(Body(id), new BasicProperties { ContentType = "application/json", ReplyTo = replyTo });
        return id;
    }

    private async Task<string?> RowAsync(Guid id)
    {
        string? row = null;
        await Eventually.TrueAsync(async () =>
            (row = await _site.QueryAsync<string>("SELECT concat_ws(' ', status, code) FROM millrace.results WHERE job_id = $1", id)) is not null);
        return row;
    }

    private async Task<string> DeclareAsync()
    {
        var queue = $"replies-{Guid.NewGuid()}";
        await using var connection = await new ConnectionFactory { Uri = _site.Broker }.CreateConnectionAsync(Token);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Token);
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, cancellationToken: Token);
        return queue;
    }

    /// <summary>Another caller's job is answered, and nothing had to be sent twice.</summary>
    private async Task AssertUndisturbedAsync()
    {
        Assert.Equal("succeeded", (await _client.CallAsync(ForeignClient.Request(null, Digits.Pixels(1)))).Status);
        Assert.DoesNotContain(_worker.OutputLines, line => line.Contains("[320]", StringComparison.Ordinal) || line.Contains("[321]", StringComparison.Ordinal));
    }
}
