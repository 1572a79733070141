using System.Reflection;
using Millrace.Worker.Sending;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace Millrace.Worker.Tests.Sending;

public sealed class ConfirmedChannelTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly FakeBroker _broker = new();
    private readonly List<(PendingSend Send, ShutdownEventArgs? Reason)> _unconfirmed = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> WaysToBeClosed => [.. s_closed.Keys];

    // What the client throws where the channel or its connection is gone, noticed or not: the channel says all the while that it is open.
    private static readonly Dictionary<string, Exception> s_closed = new()
    {
        ["already closed"] = new AlreadyClosedException(new ShutdownEventArgs(ShutdownInitiator.Peer, 541, "INTERNAL_ERROR")),
        ["disposed"] = new ObjectDisposedException("IChannel"),
        ["interrupted"] = new OperationInterruptedException(new ShutdownEventArgs(ShutdownInitiator.Library, 541, "end of stream")),
        ["write loop ended"] = new System.Threading.Channels.ChannelClosedException(),
        ["socket"] = new IOException("broken pipe"),
        ["anything"] = new InvalidOperationException("unheard of"),
        ["cancelled by itself"] = new OperationCanceledException("the connection's own"),
    };

    [Theory]
    [MemberData(nameof(WaysToBeClosed))]
    public async Task A_channel_that_is_closed_is_no_message_that_cannot_be_written(string way)
    {
        await using var channel = await OpenAsync();
        var before = new PendingSend(FakeBroker.Message("a"));
        var send = new PendingSend(FakeBroker.Message("b"));
        _broker.OnPublish = message => message.RoutingKey == "a" ? FakeBroker.Answer.Silence : FakeBroker.Answer.Thrown(s_closed[way]);

        Assert.True(await channel.TryPublishAsync(before, Token));
        Assert.True(await channel.TryPublishAsync(send, Token));

        Assert.Equal([before, send], _unconfirmed.Select(lost => lost.Send));
        Assert.All(_unconfirmed, lost => Assert.NotNull(lost.Reason));
        Assert.False(send.Outcome.IsCompleted);
        Assert.True(channel.Gone.IsCancellationRequested);
        Assert.False(await channel.TryPublishAsync(send, Token));
    }

    [Fact]
    public async Task A_message_that_the_client_cannot_write_is_told_so_and_those_beside_it_are_handed_on()
    {
        await using var channel = await OpenAsync();
        var before = new PendingSend(FakeBroker.Message("a"));
        var send = new PendingSend(FakeBroker.Message("b"));
        _broker.OnPublish = message => message.RoutingKey == "a" ? FakeBroker.Answer.Silence : FakeBroker.Answer.Thrown(TooLong("a name"));

        Assert.True(await channel.TryPublishAsync(before, Token));
        Assert.True(await channel.TryPublishAsync(send, Token));

        Assert.Equal(SendOutcome.CannotBeWritten, await send.Outcome);
        Assert.Equal([before], _unconfirmed.Select(lost => lost.Send));
        Assert.False(before.Outcome.IsCompleted);
    }

    [Fact]
    public async Task An_argument_error_of_a_closed_channel_says_nothing_of_the_message()
    {
        await using var channel = await OpenAsync();
        var send = new PendingSend(FakeBroker.Message("a"));
        _broker.OnPublish = _ => FakeBroker.Answer.ClosedWith(541, "INTERNAL_ERROR");
        Assert.True(await channel.TryPublishAsync(send, Token));
        await GoneAsync(channel);

        Assert.False(await channel.TryPublishAsync(new PendingSend(FakeBroker.Message("b")), Token));
        Assert.Equal([send], _unconfirmed.Select(lost => lost.Send));
    }

    [Fact]
    public async Task A_reply_to_a_queue_is_mandatory_and_one_to_a_direct_reply_to_is_not()
    {
        await using var channel = await OpenAsync();
        await channel.TryPublishAsync(new PendingSend(FakeBroker.Message("replies")), Token);
        await channel.TryPublishAsync(new PendingSend(FakeBroker.Message("amq.rabbitmq.reply-to.g1h2.key")), Token);

        Assert.Equal([true, false], _broker.Messages.Select(message => message.IsMandatory));
    }

    [Fact]
    public async Task A_message_sent_alone_that_nobody_answers_for_is_nobody_else_s()
    {
        await using var channel = await OpenAsync();
        using var time = new ManualTime();
        var send = new PendingSend(FakeBroker.Message("a"));
        _broker.OnPublish = _ => FakeBroker.Answer.Silence;
        var sent = channel.TryPublishAloneAsync(send, TimeSpan.FromSeconds(10), time, Token);
        time.WaitUntilArmed();
        time.Advance(TimeSpan.FromSeconds(10));

        Assert.False(await sent.WaitAsync(s_patience, Token));
        Assert.Empty(_unconfirmed);
        Assert.True(channel.Gone.IsCancellationRequested);
    }

    /// <summary>What the client throws of a text that AMQP has no room for.</summary>
    private static ArgumentOutOfRangeException TooLong(string val) => new(nameof(val), val, "Value exceeds the maximum allowed length of 255 bytes.");

    private Task<ConfirmedChannel> OpenAsync()
    {
        var connection = DispatchProxy.Create<IConnection, FakeBroker.Proxy>();
        ((FakeBroker.Proxy)connection).On = (method, _) =>
            method == nameof(IConnection.CreateChannelAsync) ? Task.FromResult(_broker.OpenChannel()) : null;
        return ConfirmedChannel.OpenAsync(connection, (send, reason) => _unconfirmed.Add((send, reason)), _ => { }, Token);
    }

    private static async Task GoneAsync(ConfirmedChannel channel)
    {
        var gone = new TaskCompletionSource();
        await using var _ = channel.Gone.Register(gone.SetResult);
        await gone.Task.WaitAsync(s_patience, Token);
    }
}
