using System.Collections.Concurrent;
using System.Reflection;
using Millrace.Contracts.Wire;
using Millrace.Worker.Sending;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Xunit;

namespace Millrace.Worker.Tests.Sending;

/// <summary>
/// The client library's connections and channels over a broker that does what a test says: what a real one does not do on demand. It answers
/// for each message by itself, on the thread pool, in order.
/// </summary>
internal sealed class FakeBroker
{
    private int _connections;

    /// <summary>What becomes of a message.</summary>
    public Func<Published, Answer> OnPublish { get; set; } = _ => Answer.Ack;

    /// <summary>Whether a caller behind a direct reply-to is there.</summary>
    public Func<string, Answer> OnDeclare { get; set; } = _ => Answer.Ack;

    /// <summary>All that was published, in order.</summary>
    public ConcurrentQueue<Published> Messages { get; } = new();

    public int Connections => Volatile.Read(ref _connections);

    public static OutboundMessage Message(string to, string? correlationId = null, int bytes = 1) => new()
    {
        Exchange = "",
        RoutingKey = to,
        CorrelationId = correlationId,
        Body = new WireBody(new byte[bytes], OipFormat.JsonContentType),
    };

    public Task<IConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = DispatchProxy.Create<IConnection, Proxy>();
        var number = Interlocked.Increment(ref _connections);
        ((Proxy)connection).On = (method, _) => method switch
        {
            nameof(IConnection.CreateChannelAsync) => Task.FromResult(new Channel(this, number).Client),
            "get_IsOpen" => true,
            _ => null,
        };
        return Task.FromResult(connection);
    }

    public IChannel OpenChannel() => new Channel(this, 0).Client;

    internal sealed record Published(int Connection, string RoutingKey, bool IsMandatory, string? CorrelationId, int Bytes);

    /// <summary>What the broker does with a message: nothing where all is null.</summary>
    internal sealed record Answer
    {
        public static Answer Ack { get; } = new() { IsAck = true };

        public static Answer Nack { get; } = new() { IsAck = false };

        public static Answer Silence { get; } = new();

        public bool? IsAck { get; init; }

        public ShutdownEventArgs? Close { get; init; }

        public Exception? Throw { get; init; }

        public static Answer ClosedWith(ushort code, string text, ShutdownInitiator initiator = ShutdownInitiator.Peer) =>
            new() { Close = new ShutdownEventArgs(initiator, code, text) };

        public static Answer Thrown(Exception fault) => new() { Throw = fault };
    }

    private sealed class Channel
    {
        private readonly Lock _gate = new();
        private readonly FakeBroker _broker;
        private readonly int _connection;
        private AsyncEventHandler<BasicAckEventArgs>? _acks;
        private AsyncEventHandler<BasicNackEventArgs>? _nacks;
        private AsyncEventHandler<ShutdownEventArgs>? _ends;
        private Task _answering = Task.CompletedTask;
        private ShutdownEventArgs? _closed;
        private ulong _tag;

        public Channel(FakeBroker broker, int connection)
        {
            (_broker, _connection) = (broker, connection);
            Client = DispatchProxy.Create<IChannel, Proxy>();
            ((Proxy)Client).On = Call;
        }

        public IChannel Client { get; }

        private object? Call(string method, object?[] arguments)
        {
            switch (method)
            {
                case "add_BasicAcksAsync": _acks += (AsyncEventHandler<BasicAckEventArgs>)arguments[0]!; return null;
                case "add_BasicNacksAsync": _nacks += (AsyncEventHandler<BasicNackEventArgs>)arguments[0]!; return null;
                case "add_ChannelShutdownAsync": _ends += (AsyncEventHandler<ShutdownEventArgs>)arguments[0]!; return null;
                case "get_IsOpen": return Volatile.Read(ref _closed) is null;
                case "get_CloseReason": return Volatile.Read(ref _closed);
                case nameof(IChannel.BasicPublishAsync): return new ValueTask(PublishAsync(arguments));
                case nameof(IChannel.QueueDeclarePassiveAsync): return Declare((string)arguments[0]!);
                case nameof(IChannel.CloseAsync):
                    return Then(new Answer { Close = new ShutdownEventArgs(ShutdownInitiator.Application, Constants.ReplySuccess, "closed") }, 0);
                default: return null;
            }
        }

        private Task PublishAsync(object?[] arguments)
        {
            var message = new Published(
                _connection, (string)arguments[1]!, (bool)arguments[2]!, ((IReadOnlyBasicProperties)arguments[3]!).CorrelationId, ((ReadOnlyMemory<byte>)arguments[4]!).Length);
            _broker.Messages.Enqueue(message);
            var answer = _broker.OnPublish(message);
            if (answer.Throw is { } fault)
            {
                return Task.FromException(fault);
            }

            _ = Then(answer, ++_tag);
            return Task.CompletedTask;
        }

        private async Task<QueueDeclareOk> Declare(string queue)
        {
            var answer = _broker.OnDeclare(queue);
            if (answer.Close is { } reason)
            {
                Volatile.Write(ref _closed, reason);
                throw new RabbitMQ.Client.Exceptions.OperationInterruptedException(reason);
            }

            if (answer.IsAck is null)
            {
                await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            }

            return new QueueDeclareOk(queue, 0, 1);
        }

        private Task Then(Answer answer, ulong tag)
        {
            lock (_gate)
            {
                return _answering = _answering.ContinueWith(_ => AnswerAsync(answer, tag), TaskScheduler.Default).Unwrap();
            }
        }

        private async Task AnswerAsync(Answer answer, ulong tag)
        {
            if (_closed is not null)
            {
                return;
            }

            if (answer.Close is { } reason)
            {
                Volatile.Write(ref _closed, reason);
                await (_ends?.Invoke(this, reason) ?? Task.CompletedTask);
            }
            else if (answer.IsAck is true)
            {
                await _acks!(this, new BasicAckEventArgs(tag, false, TestContext.Current.CancellationToken));
            }
            else if (answer.IsAck is false)
            {
                await _nacks!(this, new BasicNackEventArgs(tag, false, false, TestContext.Current.CancellationToken));
            }
        }
    }

    /// <summary>Answers a call by a function; what that does not know ends at once, with nothing.</summary>
#pragma warning disable CA1852 // The library makes each proxy of a class of its own, which inherits this one.
    public class Proxy : DispatchProxy
#pragma warning restore CA1852
    {
        internal Func<string, object?[], object?> On { get; set; } = (_, _) => null;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var result = On(targetMethod!.Name, args ?? []);
            return result
                ?? (targetMethod.ReturnType == typeof(Task) ? Task.CompletedTask
                : targetMethod.ReturnType == typeof(ValueTask) ? default(ValueTask)
                : targetMethod.ReturnType.IsValueType && targetMethod.ReturnType != typeof(void) ? Activator.CreateInstance(targetMethod.ReturnType)
                : null);
        }
    }
}
