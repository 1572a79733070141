using System.Buffers.Binary;
using System.Text;

namespace Millrace.Worker.Tests.Onnx;

/// <summary>Writes a protobuf message field by field: the few wire types that ONNX needs (https://protobuf.dev/programming-guides/encoding).</summary>
internal sealed class ProtobufMessage
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public ProtobufMessage Number(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    public ProtobufMessage Float(int field, float value)
    {
        Varint(((ulong)field << 3) | 5);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        _bytes.AddRange(bytes);
        return this;
    }

    public ProtobufMessage Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.AddRange(value);
        return this;
    }

    public ProtobufMessage Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtobufMessage Nested(int field, ProtobufMessage value) => Bytes(field, value.ToArray());

    public ProtobufMessage Nested(int field, IEnumerable<ProtobufMessage> values)
    {
        foreach (var value in values)
        {
            Nested(field, value);
        }

        return this;
    }

    /// <summary>A field as it was read.</summary>
    public ProtobufMessage Raw(ProtobufField field)
    {
        Varint(((ulong)field.Number << 3) | (uint)field.WireType);
        switch (field.WireType)
        {
            case 0:
                Varint(field.Value);
                break;
            case 2:
                Varint((ulong)field.Bytes.Length);
                _bytes.AddRange(field.Bytes.Span);
                break;
            default:
                _bytes.AddRange(field.Bytes.Span);
                break;
        }

        return this;
    }

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            _bytes.Add((byte)(value | 0x80));
            value >>= 7;
        }

        _bytes.Add((byte)value);
    }
}
