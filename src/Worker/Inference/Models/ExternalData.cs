using System.Text;

namespace Millrace.Worker.Inference.Models;

/// <summary>
/// Finds the files in which a graph keeps weights outside of itself, from the protobuf bytes alone. Field numbers are those of onnx.proto
/// (https://github.com/onnx/onnx). What is no protobuf holds none; ONNX Runtime says what is wrong with it.
/// </summary>
internal static class ExternalData
{
    // Graphs in graphs: protobuf's own limit.
    private const int MostLevels = 100;

    private enum Message
    {
        Model,
        Training,
        Graph,
        Function,
        Node,
        Attribute,
        SparseTensor,
        Tensor,
        Entry,
    }

    /// <returns>The paths as the graph has them, each once, in the order of their first use.</returns>
    public static IReadOnlyList<string> FilesOf(ReadOnlySpan<byte> model)
    {
        var files = new List<string>();
        Read(model, Message.Model, files, 0);
        return files;
    }

    private static void Read(ReadOnlySpan<byte> rest, Message message, List<string> files, int level)
    {
        var isLocation = false;
        while (level < MostLevels && TryTakeField(ref rest, out var number, out var bytes))
        {
            if (message == Message.Entry)
            {
                isLocation |= number == 1 && bytes.SequenceEqual("location"u8);
                if (number == 2 && isLocation && Encoding.UTF8.GetString(bytes) is var name && !files.Contains(name, StringComparer.Ordinal))
                {
                    files.Add(name);
                }
            }
            else if (Inner(message, number) is { } inner)
            {
                Read(bytes, inner, files, level + 1);
            }
        }
    }

    private static Message? Inner(Message message, int number) => (message, number) switch
    {
        (Message.Model, 7) => Message.Graph,
        (Message.Model, 20) => Message.Training,
        (Message.Model, 25) => Message.Function,
        (Message.Training, 1 or 2) => Message.Graph,
        (Message.Graph, 1) => Message.Node,
        (Message.Graph, 5) => Message.Tensor,
        (Message.Graph, 15) => Message.SparseTensor,
        (Message.Function, 7) => Message.Node,
        (Message.Function, 11) => Message.Attribute,
        (Message.Node, 5) => Message.Attribute,
        (Message.Attribute, 5 or 10) => Message.Tensor,
        (Message.Attribute, 6 or 11) => Message.Graph,
        (Message.Attribute, 22 or 23) => Message.SparseTensor,
        (Message.SparseTensor, 1 or 2) => Message.Tensor,
        (Message.Tensor, 13) => Message.Entry,
        _ => null,
    };

    /// <summary>Takes the next field; of one that has no length of its own, no bytes.</summary>
    private static bool TryTakeField(ref ReadOnlySpan<byte> rest, out int number, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        number = 0;
        if (!TryTakeVarint(ref rest, out var tag))
        {
            return false;
        }

        number = (int)(tag >> 3);
        switch (tag & 7)
        {
            case 0:
                return TryTakeVarint(ref rest, out _);
            case 1:
                return TryTake(ref rest, sizeof(ulong), out _);
            case 2:
                return TryTakeVarint(ref rest, out var length) && TryTake(ref rest, length, out bytes);
            case 5:
                return TryTake(ref rest, sizeof(uint), out _);
            default:
                return false;
        }
    }

    private static bool TryTakeVarint(ref ReadOnlySpan<byte> rest, out ulong value)
    {
        value = 0;
        for (var i = 0; i < rest.Length && i < 10; i++)
        {
            value |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, ulong length, out ReadOnlySpan<byte> bytes)
    {
        if (length > (ulong)rest.Length)
        {
            bytes = default;
            return false;
        }

        bytes = rest[..(int)length];
        rest = rest[(int)length..];
        return true;
    }
}
