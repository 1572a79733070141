using System.Reflection;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Millrace.Worker.Tests.Intake;

/// <summary>A channel without a broker: tells what it is asked for, and hands over what a test says.</summary>
#pragma warning disable CA1852 // DispatchProxy derives from it
internal class ScriptedChannel : DispatchProxy
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly System.Threading.Channels.Channel<string> _calls = System.Threading.Channels.Channel.CreateUnbounded<string>();
    private IAsyncBasicConsumer? _consumer;
    private ulong _tag;
    private int _subscriptions;

    /// <summary>What the interface looks like to who uses it.</summary>
    public IChannel Channel { get; private set; } = null!;

    /// <summary>What acks throw; null for nothing.</summary>
    public Exception? AckFault { get; set; }

    public static ScriptedChannel Create()
    {
        var channel = DispatchProxy.Create<IChannel, ScriptedChannel>();
        var script = (ScriptedChannel)(object)channel;
        script.Channel = channel;
        return script;
    }

    /// <summary>Waits for the next thing that is asked of the channel, such as <c>qos 4</c>.</summary>
    public async Task<string> NextAsync() =>
        await _calls.Reader.ReadAsync().AsTask().WaitAsync(s_patience);

    /// <summary>Whether nothing has been asked since.</summary>
    public bool IsQuiet => !_calls.Reader.TryPeek(out _);

    public async Task DeliverAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await _consumer!.HandleBasicDeliverAsync("tag", ++_tag, redelivered: false, "millrace", "m", new BasicProperties(), "{}"u8.ToArray());
        }
    }

    public Task LoseAsync() =>
        _consumer!.HandleChannelShutdownAsync(this, new ShutdownEventArgs(ShutdownInitiator.Peer, 406, "the test took it"));

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        switch (targetMethod!.Name)
        {
            case "get_IsOpen":
                return true;
            case nameof(IChannel.BasicQosAsync):
                return Told($"qos {args![1]}");
            case nameof(IChannel.BasicConsumeAsync):
                _consumer = args!.OfType<IAsyncBasicConsumer>().Single();
                _calls.Writer.TryWrite($"consume {++_subscriptions}");
                return Task.FromResult($"{_subscriptions}");
            case nameof(IChannel.BasicCancelAsync):
                return Told($"cancel {args![0]}");
            case nameof(IChannel.BasicAckAsync):
                _calls.Writer.TryWrite($"ack {args![0]}");
                return AckFault is { } fault ? new ValueTask(Task.FromException(fault)) : ValueTask.CompletedTask;
            case nameof(IChannel.BasicNackAsync):
                _calls.Writer.TryWrite($"nack {args![0]}");
                return ValueTask.CompletedTask;
            case nameof(IAsyncDisposable.DisposeAsync):
                return ValueTask.CompletedTask;
            default:
                throw new NotSupportedException(targetMethod.Name);
        }
    }

    private Task Told(string call)
    {
        _calls.Writer.TryWrite(call);
        return Task.CompletedTask;
    }
}
