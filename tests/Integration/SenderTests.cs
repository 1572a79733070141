using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Contracts.Wire;
using Millrace.Results;
using Millrace.TestKit;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Sending;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Integration.Tests;

/// <summary>What a real broker does with the messages that a caller can make a worker send, and what the sender makes of it.</summary>
public sealed class SenderTests(TestRabbitMq rabbitMq) : IAsyncLifetime
{
    private const string DirectReplyTo = "amq.rabbitmq.reply-to";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly WorkerMetrics _metrics = new(TimeProvider.System);
    private readonly IResultStore _store = ResultStores.OpenSqlite(Path.Combine(Path.GetTempPath(), $"millrace-{Guid.NewGuid():N}.db"));
    private TestVirtualHost _host = null!;
    private IConnection _connection = null!;
    private IChannel _channel = null!;
    private RabbitMqSender _sender = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await rabbitMq.CreateVirtualHostAsync(Token);
        _connection = await ConnectAsync();
        _channel = await _connection.CreateChannelAsync(cancellationToken: Token);
        await _channel.QueueDeclareAsync("replies", durable: true, exclusive: false, autoDelete: false, cancellationToken: Token);
        _sender = new RabbitMqSender(
            cancellationToken => new ConnectionFactory { Uri = _host.Uri, AutomaticRecoveryEnabled = false }.CreateConnectionAsync("replies", cancellationToken),
            channels: 1,
            new RetryPipelines(_store, TimeProvider.System, NullLogger<RetryPipelines>.Instance),
            _metrics,
            TimeProvider.System,
            NullLogger<RabbitMqSender>.Instance);
        await _sender.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _sender.StopAsync(CancellationToken.None);
        _sender.Dispose();
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
        await _host.DisposeAsync();
        await _store.DisposeAsync();
        _metrics.Dispose();
    }

    [Fact]
    public async Task A_direct_reply_is_delivered_to_a_caller_who_is_there_and_one_who_is_gone_is_told_apart()
    {
        var caller = await ConnectAsync();
        var (name, replies) = await CallDirectAsync(caller);
        Assert.Equal(SendOutcome.Confirmed, await SendAsync(name, "first"));
        Assert.Equal(SendOutcome.Confirmed, await SendAsync(name, "second"));
        await Eventually.TrueAsync(() => Task.FromResult(replies.Count == 2));
        Assert.Equal(["first", "second"], replies);

        await caller.DisposeAsync();
        Assert.Equal(SendOutcome.Unroutable, await SendAsync(name, "third"));
    }

    [Fact]
    public async Task Names_that_look_like_a_direct_reply_to_and_are_none_harm_nobody()
    {
        await using var caller = await ConnectAsync();
        var (name, replies) = await CallDirectAsync(caller);
        // RabbitMQ ends the connection over the first. The second is of a process that is no channel, of which it says nothing. The last has
        // another key than the caller's: one letter more may be the same key, in base64.
        string[] hostile = [$"{DirectReplyTo}.AAAA.x", Direct(name, process: 1), $"{DirectReplyTo}.x", $"{name[..name.LastIndexOf('.')]}.AAAA"];
        var sent = hostile.SelectMany(to => Enumerable.Range(0, 20).Select(i => SendAsync(to, $"{i}"))).ToList();
        var good = Enumerable.Range(0, 200).Select(i => SendAsync("replies", $"{i}")).ToList();
        var direct = Enumerable.Range(0, 200).Select(i => SendAsync(name, $"{i}")).ToList();

        Assert.All(await Task.WhenAll(good.Concat(direct)), outcome => Assert.Equal(SendOutcome.Confirmed, outcome));
        var outcomes = await Task.WhenAll(sent);
        Assert.All(outcomes[..20], outcome => Assert.Equal(SendOutcome.CostsChannel, outcome));
        Assert.All(outcomes[40..], outcome => Assert.Equal(SendOutcome.Unroutable, outcome));
        await Eventually.TrueAsync(() => Task.FromResult(replies.Count == 200));
        // No reply was doubled: nobody else's channel was lost.
        Assert.Equal(200u, await _host.CountMessagesAsync("replies", Token));
    }

    [Fact]
    public async Task A_message_over_the_broker_s_size_is_found_among_those_beside_it_which_are_confirmed()
    {
        var large = new byte[(128 * 1024 * 1024) + 1];
        var good = Enumerable.Range(0, 100).Select(i => SendAsync("replies", $"{i}")).ToList();
        var tooLarge = SendAsync("replies", large);
        good.AddRange(Enumerable.Range(100, 100).Select(i => SendAsync("replies", $"{i}")));

        Assert.Equal(SendOutcome.TooLarge, await tooLarge);
        Assert.All(await Task.WhenAll(good), outcome => Assert.Equal(SendOutcome.Confirmed, outcome));
        Assert.Equal(SendOutcome.TooLarge, await SendAsync("replies", large));
    }

    [Fact]
    public async Task A_queue_that_refuses_and_one_that_is_missing_are_told_apart()
    {
        await DeclareRefusingAsync("full");
        var refused = Enumerable.Range(0, 100).Select(i => SendAsync("full", $"{i}")).ToList();
        Assert.Equal(SendOutcome.Unroutable, await SendAsync("missing", "1"));
        Assert.Equal(SendOutcome.Confirmed, await SendAsync("replies", "1"));
        Assert.All(await Task.WhenAll(refused), outcome => Assert.Equal(SendOutcome.Refused, outcome));
    }

    [Fact]
    public async Task A_queue_that_has_room_again_gets_the_reply_that_waited()
    {
        await DeclareRefusingAsync("full");
        var waiting = SendAsync("full", "late");
        await _channel.QueuePurgeAsync("full", Token);
        Assert.Equal(SendOutcome.Confirmed, await waiting);
    }

    /// <summary>A direct reply-to name of the same broker, with the number of another process.</summary>
    private static string Direct(string name, byte process)
    {
        var parts = name[(DirectReplyTo.Length + 1)..].Split('.', 2);
        var pid = Convert.FromBase64String(parts[0]);
        // An external term: … the node's name, then 4 bytes each of the process's number, its serial and the node's creation.
        pid.AsSpan(^12..^8).Clear();
        pid[^9] = process;
        return $"{DirectReplyTo}.{Convert.ToBase64String(pid)}.{parts[1]}";
    }

    private Task<IConnection> ConnectAsync() => new ConnectionFactory { Uri = _host.Uri }.CreateConnectionAsync(Token);

    private async Task DeclareRefusingAsync(string queue)
    {
        await _channel.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false, arguments: new Dictionary<string, object?> { ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" }, cancellationToken: Token);
        await _channel.BasicPublishAsync("", queue, "fills it"u8.ToArray(), Token);
        await Eventually.TrueAsync(async () => await _host.CountMessagesAsync(queue, Token) == 1);
    }

    /// <summary>Calls as Spring's and NestJS's clients do.</summary>
    /// <returns>The name that a worker sees, and the replies.</returns>
    private static async Task<(string Name, List<string> Replies)> CallDirectAsync(IConnection caller)
    {
        var channel = await caller.CreateChannelAsync(cancellationToken: Token);
        List<string> replies = [];
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, reply) =>
        {
            replies.Add(Encoding.UTF8.GetString(reply.Body.Span));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(DirectReplyTo, autoAck: true, consumer, Token);
        var queue = (await channel.QueueDeclareAsync("", cancellationToken: Token)).QueueName;
        await channel.BasicPublishAsync("", queue, false, new BasicProperties { ReplyTo = DirectReplyTo }, Array.Empty<byte>(), Token);
        BasicGetResult? call = null;
        await Eventually.TrueAsync(async () => (call = await channel.BasicGetAsync(queue, autoAck: true, Token)) is not null);
        return (call!.BasicProperties.ReplyTo!, replies);
    }

    private Task<SendOutcome> SendAsync(string to, string body) => SendAsync(to, Encoding.UTF8.GetBytes(body));

    private Task<SendOutcome> SendAsync(string to, byte[] body) => _sender
        .SendAsync(
            new OutboundMessage { Exchange = "", RoutingKey = to, Body = new WireBody(body, OipFormat.JsonContentType) }, CancellationToken.None)
        .AsTask()
        .WaitAsync(s_patience, Token);
}
