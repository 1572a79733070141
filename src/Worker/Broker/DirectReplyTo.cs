using System.Buffers.Binary;
using System.Buffers.Text;

namespace Millrace.Worker.Broker;

/// <summary>
/// RabbitMQ's direct reply-to: it replaces <c>amq.rabbitmq.reply-to</c> in a message by <c>amq.rabbitmq.reply-to.PID.KEY</c>, and takes such a
/// name apart when a reply comes (https://www.rabbitmq.com/docs/direct-reply-to). A name whose PID is no process id makes RabbitMQ up to 4.1
/// close the whole connection of whoever publishes to it (541, INTERNAL_ERROR). Pure.
/// </summary>
internal static class DirectReplyTo
{
    private const string Prefix = "amq.rabbitmq.reply-to";

    // Erlang's external term format: https://www.erlang.org/doc/apps/erts/erl_ext_dist.html
    private const byte Version = 131;
    private const byte NewPid = 88;
    private const byte Pid = 103;
    private const byte Atom = 100;
    private const byte SmallAtom = 115;
    private const byte AtomUtf8 = 118;
    private const byte SmallAtomUtf8 = 119;

    // Behind the node's name: id, serial (4 bytes each) and creation (4 bytes, or 1).
    private const int NewPidTail = 12;
    private const int PidTail = 9;

    /// <summary>Whether the broker takes the name for one of these.</summary>
    public static bool IsOne(string queue) => queue.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether it is as the broker itself writes it. Whether anybody waits there is not known.</summary>
    public static bool IsWellFormed(string queue)
    {
        var rest = queue.AsSpan(Prefix.Length);
        if (rest.IsEmpty || rest[0] != '.')
        {
            return false;
        }

        rest = rest[1..];
        var dot = rest.IndexOf('.');
        if (dot <= 0 || dot == rest.Length - 1 || dot % 4 != 0 || rest[..dot].ContainsAny(" \t\r\n"))
        {
            return false;
        }

        Span<byte> term = stackalloc byte[Base64.GetMaxDecodedFromUtf8Length(dot)];
        return Convert.TryFromBase64Chars(rest[..dot], term, out var length) && IsReplyPid(term[..length]);
    }

    private static bool IsReplyPid(ReadOnlySpan<byte> term)
    {
        if (term.Length < 4 || term[0] != Version || term[1] is not (NewPid or Pid))
        {
            return false;
        }

        var tail = term[1] == NewPid ? NewPidTail : PidTail;
        var node = term[3..];
        int nodeLength;
        switch (term[2])
        {
            case SmallAtom or SmallAtomUtf8:
                nodeLength = node[0];
                node = node[1..];
                break;
            case Atom or AtomUtf8 when node.Length >= sizeof(ushort):
                nodeLength = BinaryPrimitives.ReadUInt16BigEndian(node);
                node = node[sizeof(ushort)..];
                break;
            default:
                return false;
        }

        return node.Length == nodeLength + tail && IsReplyNode(node[..nodeLength]);
    }

    /// <summary>Not the node's name itself: <c>reply@</c> and its hash, of decimal digits.</summary>
    private static bool IsReplyNode(ReadOnlySpan<byte> name) =>
        name.StartsWith("reply@"u8) && name.Length > "reply@"u8.Length && !name["reply@"u8.Length..].ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
