using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Worker.Broker;
using Millrace.Worker.Observability;
using Millrace.Worker.Resilience;
using Millrace.Worker.Sending;
using RabbitMQ.Client;
using Xunit;

namespace Millrace.Worker.Tests.Sending;

/// <summary>What becomes of messages that cost their channel, are refused or are lost; on a broker that does so on demand.</summary>
public sealed class RabbitMqSenderTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static readonly FakeBroker.Answer s_internalError = FakeBroker.Answer.ClosedWith(Constants.InternalError, "INTERNAL_ERROR");

    private readonly FakeBroker _broker = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_that_costs_its_channel_is_given_up_after_three_times_alone_and_those_beside_it_are_confirmed()
    {
        _broker.OnPublish = message => message.RoutingKey == "poison" ? s_internalError : FakeBroker.Answer.Ack;
        await SendAsync(async sender =>
        {
            var innocent = Enumerable.Range(0, 50).Select(i => SendAsync(sender, FakeBroker.Message($"good{i}"))).ToList();
            var poison = SendAsync(sender, FakeBroker.Message("poison"));
            innocent.AddRange(Enumerable.Range(50, 50).Select(i => SendAsync(sender, FakeBroker.Message($"good{i}"))));

            Assert.Equal(SendOutcome.CostsChannel, await poison);
            Assert.All(await Task.WhenAll(innocent), outcome => Assert.Equal(SendOutcome.Confirmed, outcome));
        });

        // Once with the others, and three times alone.
        Assert.Equal(4, _broker.Messages.Count(message => message.RoutingKey == "poison"));
    }

    [Fact]
    public async Task The_next_message_of_a_kind_that_cost_its_channel_costs_nobody_else_s()
    {
        _broker.OnPublish = message => message.RoutingKey == "poison" ? s_internalError : FakeBroker.Answer.Ack;
        await SendAsync(async sender =>
        {
            Assert.Equal(SendOutcome.CostsChannel, await SendAsync(sender, FakeBroker.Message("poison")));
            await SendAsync(sender, FakeBroker.Message("good"));
            var shared = _broker.Messages.Last().Connection;

            var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SendAsync(sender, FakeBroker.Message("poison"))));
            Assert.All(outcomes, outcome => Assert.Equal(SendOutcome.CostsChannel, outcome));
            await SendAsync(sender, FakeBroker.Message("good"));

            Assert.Equal(shared, _broker.Messages.Last().Connection);
        });

        Assert.Equal(4 + 20, _broker.Messages.Count(message => message.RoutingKey == "poison"));
    }

    [Fact]
    public async Task A_message_over_the_broker_s_size_is_told_so_and_the_next_one_goes_apart_from_the_start()
    {
        _broker.OnPublish = message => message.Bytes > 5_000
            ? FakeBroker.Answer.ClosedWith(Constants.PreconditionFailed, "PRECONDITION_FAILED - message size 6000 is larger than configured max size 5000")
            : FakeBroker.Answer.Ack;
        await SendAsync(async sender =>
        {
            Assert.Equal(SendOutcome.TooLarge, await SendAsync(sender, FakeBroker.Message("replies", bytes: 6_000)));
            await SendAsync(sender, FakeBroker.Message("good"));
            var shared = _broker.Messages.Last().Connection;

            Assert.Equal(SendOutcome.TooLarge, await SendAsync(sender, FakeBroker.Message("others", bytes: 6_001)));
            Assert.Equal(SendOutcome.Confirmed, await SendAsync(sender, FakeBroker.Message("replies", bytes: 5_000)));

            Assert.Equal(shared, _broker.Messages.Last().Connection);
        });

        Assert.Equal(3, _broker.Messages.Count(message => message.Bytes > 5_000));
    }

    [Fact]
    public async Task Nobody_is_blamed_for_the_end_of_the_broker()
    {
        var ends = 0;
        _broker.OnPublish = _ => Interlocked.Increment(ref ends) <= 10
            ? FakeBroker.Answer.ClosedWith(Constants.ConnectionForced, "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'")
            : FakeBroker.Answer.Ack;
        await SendAsync(async sender => Assert.Equal(SendOutcome.Confirmed, await SendAsync(sender, FakeBroker.Message("replies"))));
    }

    [Fact]
    public async Task A_queue_that_refuses_is_tried_five_times_while_others_go_on()
    {
        _broker.OnPublish = message => message.RoutingKey == "full" ? FakeBroker.Answer.Nack : FakeBroker.Answer.Ack;
        await SendAsync(async sender =>
        {
            var refused = SendAsync(sender, FakeBroker.Message("full"));
            Assert.Equal(SendOutcome.Confirmed, await SendAsync(sender, FakeBroker.Message("good")));
            Assert.Equal(SendOutcome.Refused, await refused);
        });

        Assert.Equal(RefusingQueues.MaxTries, _broker.Messages.Count(message => message.RoutingKey == "full"));
    }

    [Fact]
    public async Task Many_replies_to_a_queue_that_refuses_are_given_up_at_once_but_for_a_few()
    {
        _broker.OnPublish = _ => FakeBroker.Answer.Nack;
        await SendAsync(async sender =>
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 600).Select(_ => SendAsync(sender, FakeBroker.Message("full"))));
            Assert.All(outcomes, outcome => Assert.Equal(SendOutcome.Refused, outcome));
        });

        Assert.InRange(_broker.Messages.Count, 600, 600 + (RefusingQueues.MaxWaiting * (RefusingQueues.MaxTries - 1)));
    }

    [Fact]
    public async Task A_message_that_its_queue_refuses_at_first_is_confirmed_later()
    {
        _broker.OnPublish = _ => _broker.Messages.Count < 3 ? FakeBroker.Answer.Nack : FakeBroker.Answer.Ack;
        await SendAsync(async sender => Assert.Equal(SendOutcome.Confirmed, await SendAsync(sender, FakeBroker.Message("full"))));
        Assert.Equal(3, _broker.Messages.Count);
    }

    [Fact]
    public async Task What_AMQP_cannot_carry_touches_no_channel()
    {
        await SendAsync(async sender =>
        {
            Assert.Equal(SendOutcome.CannotBeWritten, await SendAsync(sender, FakeBroker.Message(new string('q', 256))));
            Assert.Equal(SendOutcome.CannotBeWritten, await SendAsync(sender, FakeBroker.Message("q", correlationId: new string('\uFFFD', 86))));
            Assert.Equal(SendOutcome.Confirmed, await SendAsync(sender, FakeBroker.Message("q", correlationId: new string('\uFFFD', 85))));
        });

        Assert.Equal((1, 1), (_broker.Messages.Count, _broker.Connections));
    }

    [Fact]
    public async Task A_direct_reply_goes_to_a_caller_who_is_there_and_one_who_is_gone_is_told_so()
    {
        _broker.OnDeclare = name => name.EndsWith("gone", StringComparison.Ordinal) ? FakeBroker.Answer.ClosedWith(Constants.NotFound, "NOT_FOUND") : FakeBroker.Answer.Ack;
        await SendAsync(async sender =>
        {
            Assert.Equal(SendOutcome.Confirmed, await SendAsync(sender, FakeBroker.Message("amq.rabbitmq.reply-to.x.here")));
            Assert.Equal(SendOutcome.Unroutable, await SendAsync(sender, FakeBroker.Message("amq.rabbitmq.reply-to.x.gone")));
            Assert.Equal(SendOutcome.Confirmed, await SendAsync(sender, FakeBroker.Message("amq.rabbitmq.reply-to.x.here")));
        });

        Assert.Equal(2, _broker.Messages.Count);
    }

    [Fact]
    public async Task A_direct_reply_to_that_is_none_costs_no_connection_of_others_and_is_given_up()
    {
        _broker.OnDeclare = name => name.Contains("AAAA", StringComparison.Ordinal) ? s_internalError : FakeBroker.Answer.Ack;
        await SendAsync(async sender =>
        {
            Assert.Equal(SendOutcome.Confirmed, await SendAsync(sender, FakeBroker.Message("replies")));
            var shared = _broker.Messages.Last().Connection;
            Assert.Equal(SendOutcome.CostsChannel, await SendAsync(sender, FakeBroker.Message("amq.rabbitmq.reply-to.AAAA.x")));
            Assert.Equal(SendOutcome.Confirmed, await SendAsync(sender, FakeBroker.Message("replies")));
            Assert.Equal(shared, _broker.Messages.Last().Connection);

            var before = _broker.Connections;
            Assert.Equal(SendOutcome.CostsChannel, await SendAsync(sender, FakeBroker.Message("amq.rabbitmq.reply-to.AAAA.x")));
            Assert.Equal(before, _broker.Connections);
        });

        Assert.Equal(2, _broker.Messages.Count);
    }

    [Fact]
    public async Task A_direct_reply_to_that_the_broker_says_nothing_of_is_sent_all_the_same()
    {
        _broker.OnDeclare = name => name.Contains("hung", StringComparison.Ordinal) ? FakeBroker.Answer.Silence : FakeBroker.Answer.Ack;
        await SendAsync(async sender =>
        {
            var hung = SendAsync(sender, FakeBroker.Message("amq.rabbitmq.reply-to.hung.x"));
            Assert.Equal(SendOutcome.Confirmed, await SendAsync(sender, FakeBroker.Message("amq.rabbitmq.reply-to.x.here")));
            Assert.Equal(SendOutcome.Confirmed, await hung);
        });
    }

    [Fact]
    public async Task A_loop_that_ends_by_an_exception_ends_the_service_with_it_and_what_waits_goes_back()
    {
        var open = new TaskCompletionSource<IConnection>();
        using var metrics = new WorkerMetrics(TimeProvider.System);
        using var sender = Create(_ => open.Task, metrics);
        await sender.StartAsync(Token);
        var waiting = sender.SendAsync(FakeBroker.Message("replies"), CancellationToken.None).AsTask();

        open.SetException(new InvalidOperationException("killed"));

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => sender.ExecuteTask!.WaitAsync(s_patience, Token));
        Assert.Equal("killed", fault.Message);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(s_patience, Token));
        var late = sender.SendAsync(FakeBroker.Message("replies"), CancellationToken.None).AsTask();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late.WaitAsync(s_patience, Token));
        await sender.StopAsync(Token);
    }

    [Fact]
    public async Task A_stop_cancels_what_waits_for_its_next_try()
    {
        _broker.OnPublish = _ => FakeBroker.Answer.Nack;
        Task<SendOutcome>? waiting = null;
        await SendAsync(sender =>
        {
            waiting = SendAsync(sender, FakeBroker.Message("full"));
            return Task.CompletedTask;
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting!);
    }

    private static Task<SendOutcome> SendAsync(RabbitMqSender sender, OutboundMessage message) =>
        sender.SendAsync(message, CancellationToken.None).AsTask().WaitAsync(s_patience, Token);

    private static RabbitMqSender Create(OpenConnection open, WorkerMetrics metrics)
    {
        var pipelines = new RetryPipelines(new MemoryStore(), TimeProvider.System, NullLogger<RetryPipelines>.Instance);
        return new RabbitMqSender(
            open, channels: 1, pipelines, metrics, TimeProvider.System, NullLogger<RabbitMqSender>.Instance);
    }

    private async Task SendAsync(Func<RabbitMqSender, Task> thenAsync)
    {
        using var metrics = new WorkerMetrics(TimeProvider.System);
        using var sender = Create(_broker.OpenAsync, metrics);
        await sender.StartAsync(Token);
        await thenAsync(sender);
        await sender.StopAsync(Token);
        Assert.False(sender.ExecuteTask!.IsFaulted, sender.ExecuteTask.Exception?.ToString());
    }
}
