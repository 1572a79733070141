using System.Buffers.Binary;
using System.Text;
using Millrace.Contracts;
using Tensor = Millrace.Contracts.Tensor;

namespace Millrace.Worker.Tests.Onnx;

/// <summary>
/// One of ONNX's own node tests (https://github.com/onnx/onnx/tree/main/onnx/backend/test/data/node): a model, its inputs and the outputs
/// that the specification expects.
/// </summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Model">The model's bytes.</param>
/// <param name="Inputs">In the order of the files; some have no name.</param>
/// <param name="Outputs">In the order of the files.</param>
internal sealed record OnnxNodeTest(string Name, byte[] Model, IReadOnlyList<Tensor> Inputs, IReadOnlyList<Tensor> Outputs)
{
    /// <summary>Where Debian's package libonnx-testdata puts them.</summary>
    public const string Folder = "/usr/share/libonnx-testdata/data/node";

    /// <summary>Reads a test; null where its data are not tensors of the protocol's datatypes.</summary>
    public static OnnxNodeTest? TryRead(string folder)
    {
        var model = Path.Combine(folder, "model.onnx");
        var data = Path.Combine(folder, "test_data_set_0");
        if (!File.Exists(model) || !Directory.Exists(data))
        {
            return null;
        }

        var inputs = ReadTensors(data, "input");
        var outputs = ReadTensors(data, "output");
        return inputs is null || outputs is null ? null : new OnnxNodeTest(Path.GetFileName(folder), File.ReadAllBytes(model), inputs, outputs);
    }

    /// <summary>The model with the first dimension of every input and output left open.</summary>
    public byte[] OpenFirstDimensions() => Rewrite(Model, [7, 11, 2, 1, 2], [7, 12, 2, 1, 2]);

    private static List<Tensor>? ReadTensors(string folder, string kind)
    {
        var tensors = new List<Tensor>();
        for (var i = 0; File.Exists(Path.Combine(folder, $"{kind}_{i}.pb")); i++)
        {
            if (ReadTensor(File.ReadAllBytes(Path.Combine(folder, $"{kind}_{i}.pb"))) is not { } tensor)
            {
                return null;
            }

            tensors.Add(tensor);
        }

        return tensors;
    }

    /// <summary>Reads a TensorProto; null where it is a sequence or an optional, or of another datatype.</summary>
    private static Tensor? ReadTensor(byte[] bytes)
    {
        var fields = ProtobufField.Read(bytes).ToList();
        var code = ProtobufField.Varints(fields, 2) is [var only] ? (int)only : 0;
        var shape = ProtobufField.Varints(fields, 1).ConvertAll(dimension => (long)dimension);
        if (Enum.GetValues<TensorDatatype>().Where(datatype => OnnxGraph.CodeOf(datatype) == code).ToList() is not [var datatype])
        {
            return null;
        }

        var name = Encoding.UTF8.GetString(Bytes(fields, 8).Span);
        var count = shape.Aggregate(1L, (product, dimension) => product * dimension);
        if (datatype == TensorDatatype.Bytes)
        {
            var texts = fields.Where(field => field.Number == 6).Select(field => Encoding.UTF8.GetString(field.Bytes.Span)).ToList();
            return texts.Count == count ? Tensor.Create(name, shape, texts) : null;
        }

        var data = Bytes(fields, 9);
        if (data.IsEmpty && count > 0)
        {
            data = ReadTyped(fields, datatype);
        }

        return data.Length == count * datatype.ElementSizeBytes() ? new Tensor { Name = name, Shape = shape, Datatype = datatype, Data = data } : null;
    }

    private static ReadOnlyMemory<byte> Bytes(List<ProtobufField> fields, int number) => fields.Find(field => field.Number == number).Bytes;

    private static byte[] ReadTyped(List<ProtobufField> fields, TensorDatatype datatype)
    {
        switch (datatype)
        {
            case TensorDatatype.Fp32:
                return [.. fields.Where(field => field.Number == 4).SelectMany(field => field.Bytes.ToArray())];
            case TensorDatatype.Fp64:
                return [.. fields.Where(field => field.Number == 10).SelectMany(field => field.Bytes.ToArray())];
            default:
                var numbers = ProtobufField.Varints(fields, datatype switch
                {
                    TensorDatatype.Int64 => 7,
                    TensorDatatype.UInt32 or TensorDatatype.UInt64 => 11,
                    _ => 5,
                });
                var size = datatype.ElementSizeBytes();
                var data = new byte[(numbers.Count + 1) * sizeof(ulong)];
                for (var i = 0; i < numbers.Count; i++)
                {
                    // The bits of the smaller types are the lowest of the number's.
                    BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(i * size), numbers[i]);
                }

                return data[..(numbers.Count * size)];
        }
    }

    /// <summary>Copies a message with the first dimension of each shape at the end of a path of field numbers named instead of fixed.</summary>
    private static byte[] Rewrite(ReadOnlyMemory<byte> message, params int[][] paths)
    {
        var copy = new ProtobufMessage();
        var isFirst = true;
        foreach (var field in ProtobufField.Read(message))
        {
            var rest = paths.Where(path => path.Length > 0 && path[0] == field.Number).Select(path => path[1..]).ToArray();
            if (rest.Length > 0)
            {
                copy.Bytes(field.Number, Rewrite(field.Bytes, rest));
            }
            else if (paths.Any(path => path.Length == 0) && isFirst)
            {
                // TensorShapeProto.dim, whose dim_param is field 2.
                copy.Nested(1, new ProtobufMessage().Text(2, "N"));
                isFirst = false;
            }
            else
            {
                copy.Raw(field);
            }
        }

        return copy.ToArray();
    }
}
