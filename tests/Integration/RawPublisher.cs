using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Millrace.Integration.Tests;

/// <summary>
/// Publishes over AMQP 0-9-1 written by hand: client libraries turn properties into UTF-8, and so cannot send what other clients may.
/// </summary>
internal sealed class RawPublisher : IAsyncDisposable
{
    private const byte Method = 1;
    private const byte Header = 2;
    private const byte Body = 3;
    private const byte FrameEnd = 0xCE;

    private readonly TcpClient _client = new();

    public static async Task<RawPublisher> ConnectAsync(Uri broker, CancellationToken cancellationToken)
    {
        var publisher = new RawPublisher();
        await publisher._client.ConnectAsync(broker.Host, broker.Port, cancellationToken);
        var user = broker.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        await publisher._client.GetStream().WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray(), cancellationToken);
        await publisher.ReadUntilAsync(10, 10, cancellationToken);
        await publisher.CallAsync(0, 10, 11, [.. Int(0), .. Short("PLAIN"u8), .. Long(Encoding.UTF8.GetBytes($"\0{user[0]}\0{user[1]}")), .. Short("en_US"u8)], cancellationToken);
        await publisher.ReadUntilAsync(10, 30, cancellationToken);
        await publisher.CallAsync(0, 10, 31, [.. Word(2047), .. Int(131_072), .. Word(0)], cancellationToken);
        await publisher.CallAsync(0, 10, 40, [.. Short(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(broker.AbsolutePath[1..]))), 0, 0], cancellationToken);
        await publisher.ReadUntilAsync(10, 41, cancellationToken);
        await publisher.CallAsync(1, 20, 10, [0], cancellationToken);
        await publisher.ReadUntilAsync(20, 11, cancellationToken);
        return publisher;
    }

    /// <summary>Publishes to the exchange <c>millrace</c>; returns once the broker has seen it.</summary>
    public async Task PublishAsync(
        string routingKey, byte[] body, byte[] contentType, byte[] correlationId, byte[] replyTo, byte[] messageId, CancellationToken cancellationToken)
    {
        const ushort contentTypeDeliveryModeCorrelationIdReplyToMessageId = 0x8000 | 0x1000 | 0x0400 | 0x0200 | 0x0080;
        await CallAsync(1, 60, 40, [.. Word(0), .. Short("millrace"u8), .. Short(Encoding.UTF8.GetBytes(routingKey)), 0], cancellationToken);
        byte[] size = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(size, body.Length);
        await FrameAsync(
            Header,
            1,
            [
                .. Word(60), .. Word(0), .. size, .. Word(contentTypeDeliveryModeCorrelationIdReplyToMessageId),
                .. Short(contentType), 2, .. Short(correlationId), .. Short(replyTo), .. Short(messageId),
            ],
            cancellationToken);
        await FrameAsync(Body, 1, body, cancellationToken);
        // basic.qos, which is answered once what came before has been seen.
        await CallAsync(1, 60, 10, [.. Int(0), .. Word(1), 0], cancellationToken);
        await ReadUntilAsync(60, 11, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task CallAsync(ushort channel, ushort type, ushort method, byte[] arguments, CancellationToken cancellationToken) =>
        FrameAsync(Method, channel, [.. Word(type), .. Word(method), .. arguments], cancellationToken);

    private async Task FrameAsync(byte kind, ushort channel, byte[] payload, CancellationToken cancellationToken) =>
        await _client.GetStream().WriteAsync((byte[])[kind, .. Word(channel), .. Int((uint)payload.Length), .. payload, FrameEnd], cancellationToken);

    private async Task ReadUntilAsync(ushort type, ushort method, CancellationToken cancellationToken)
    {
        var head = new byte[7];
        while (true)
        {
            await _client.GetStream().ReadExactlyAsync(head, cancellationToken);
            var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(3)) + 1];
            await _client.GetStream().ReadExactlyAsync(payload, cancellationToken);
            var (gotType, got) = (BinaryPrimitives.ReadUInt16BigEndian(payload), BinaryPrimitives.ReadUInt16BigEndian(payload.AsSpan(2)));
            if (head[0] == Method && (gotType, got) == (type, method))
            {
                return;
            }

            Assert.False(head[0] == Method && got is 40 or 50 && gotType is 10 or 20, $"The broker closed it: {Encoding.UTF8.GetString(payload)}");
        }
    }

    private static byte[] Word(ushort value) => [(byte)(value >> 8), (byte)value];

    private static byte[] Int(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static byte[] Short(ReadOnlySpan<byte> text) => [(byte)text.Length, .. text];

    private static byte[] Long(ReadOnlySpan<byte> text) => [.. Int((uint)text.Length), .. text];
}
