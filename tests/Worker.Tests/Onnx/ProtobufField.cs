using System.Buffers.Binary;

namespace Millrace.Worker.Tests.Onnx;

/// <summary>One field of a protobuf message.</summary>
/// <param name="Number">The field's number.</param>
/// <param name="WireType">How it stands on the wire.</param>
/// <param name="Value">Of a varint or a fixed-size field: its value, as it stands on the wire.</param>
/// <param name="Bytes">Of a length-delimited field: its content; else its 0, 4 or 8 bytes.</param>
internal readonly record struct ProtobufField(int Number, int WireType, ulong Value, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Reads a message's fields in their order.</summary>
    public static IEnumerable<ProtobufField> Read(ReadOnlyMemory<byte> message)
    {
        while (!message.IsEmpty)
        {
            var key = Varint(ref message);
            var number = (int)(key >> 3);
            var type = (int)(key & 7);
            switch (type)
            {
                case 0:
                    yield return new ProtobufField(number, type, Varint(ref message), default);
                    break;
                case 1:
                    yield return new ProtobufField(number, type, BinaryPrimitives.ReadUInt64LittleEndian(message.Span), Take(ref message, 8));
                    break;
                case 2:
                    yield return new ProtobufField(number, type, 0, Take(ref message, (int)Varint(ref message)));
                    break;
                case 5:
                    yield return new ProtobufField(number, type, BinaryPrimitives.ReadUInt32LittleEndian(message.Span), Take(ref message, 4));
                    break;
                default:
                    throw new FormatException($"Protobuf wire type {type} in field {number}.");
            }
        }
    }

    /// <summary>The numbers of a repeated field, which may be packed into one or stand one by one.</summary>
    public static List<ulong> Varints(IEnumerable<ProtobufField> fields, int number)
    {
        var values = new List<ulong>();
        foreach (var field in fields.Where(field => field.Number == number))
        {
            var packed = field.Bytes;
            if (packed.IsEmpty)
            {
                values.Add(field.Value);
            }

            while (!packed.IsEmpty)
            {
                values.Add(Varint(ref packed));
            }
        }

        return values;
    }

    private static ReadOnlyMemory<byte> Take(ref ReadOnlyMemory<byte> message, int length)
    {
        var taken = message[..length];
        message = message[length..];
        return taken;
    }

    private static ulong Varint(ref ReadOnlyMemory<byte> message)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message.Span[0];
            message = message[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
