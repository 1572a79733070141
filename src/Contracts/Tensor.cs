using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Millrace.Contracts;

/// <summary>
/// A named tensor: row-major elements in the little-endian binary layout of the protocol's binary tensor data extension.
/// </summary>
public sealed record Tensor
{
    // Encoding.UTF8 would write another text in the place of one that it cannot encode, and say nothing.
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The name of the model's input or output.</summary>
    public required string Name { get; init; }

    /// <summary>The dimensions, none negative; for a batchable model the first one counts rows.</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>What an element is.</summary>
    public required TensorDatatype Datatype { get; init; }

    /// <summary>The elements. <see cref="TensorDatatype.Bytes"/>: each a 4-byte little-endian length and then its bytes.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The elements of a <see cref="TensorDatatype.Bytes"/> tensor as texts (UTF-8), read anew at each call.</summary>
    /// <exception cref="InvalidOperationException">The tensor's datatype is another one.</exception>
    public IReadOnlyList<string> Strings => ToStrings();

    /// <summary>The product of the dimensions; 1 for a scalar.</summary>
    /// <exception cref="OverflowException">The product exceeds 2^63 - 1.</exception>
    public long ElementCount
    {
        get
        {
            long count = 1;
            for (var i = 0; i < Shape.Count; i++)
            {
                count = checked(count * Shape[i]);
            }

            return count;
        }
    }

    /// <summary>A tensor of numbers (or bools), whose datatype follows from <typeparamref name="T"/>.</summary>
    /// <exception cref="ArgumentException">The number of elements is not the product of the shape.</exception>
    public static Tensor Create<T>(string name, IReadOnlyList<long> shape, ReadOnlySpan<T> elements)
        where T : unmanaged
    {
        var tensor = new Tensor
        {
            Name = name,
            Shape = shape,
            Datatype = TensorDatatypes.Of<T>(),
            Data = MemoryMarshal.AsBytes(elements).ToArray(),
        };
        RequireCount(tensor, shape, elements.Length);
        return tensor;
    }

    /// <inheritdoc cref="Create{T}(string, IReadOnlyList{long}, ReadOnlySpan{T})"/>
    public static Tensor Create<T>(string name, IReadOnlyList<long> shape, ReadOnlyMemory<T> elements)
        where T : unmanaged => Create(name, shape, elements.Span);

    /// <summary>A tensor of numbers (or bools) with the rows and columns of an array.</summary>
    public static Tensor Create<T>(string name, T[,] rows)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(rows);
        var elements = rows.Length == 0 ? [] : MemoryMarshal.CreateReadOnlySpan(ref rows[0, 0], rows.Length);
        return Create(name, [rows.GetLength(0), rows.GetLength(1)], elements);
    }

    /// <summary>A tensor of texts (<see cref="TensorDatatype.Bytes"/>, UTF-8).</summary>
    /// <exception cref="ArgumentException">
    /// The number of elements is not the product of the shape, or one of them holds half a surrogate pair, which is no UTF-8.
    /// </exception>
    public static Tensor Create(string name, IReadOnlyList<long> shape, IReadOnlyList<string> elements)
    {
        ArgumentNullException.ThrowIfNull(elements);
        var size = 0;
        foreach (var element in elements)
        {
            size += sizeof(uint) + s_utf8.GetByteCount(element);
        }

        var data = new byte[size];
        var at = 0;
        foreach (var element in elements)
        {
            var length = s_utf8.GetBytes(element, data.AsSpan(at + sizeof(uint)));
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(at), length);
            at += sizeof(uint) + length;
        }

        var tensor = new Tensor { Name = name, Shape = shape, Datatype = TensorDatatype.Bytes, Data = data };
        RequireCount(tensor, shape, elements.Count);
        return tensor;
    }

    /// <summary>The elements as numbers, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The tensor's datatype is another one.</exception>
    public ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged
    {
        var asked = TensorDatatypes.Of<T>();
        return asked == Datatype
            ? MemoryMarshal.Cast<byte, T>(Data.Span)
            : throw new InvalidOperationException($"Tensor '{Name}' holds {Datatype.ToWireName()}, not {asked.ToWireName()}.");
    }

    /// <summary>The elements as numbers, copied.</summary>
    /// <exception cref="InvalidOperationException">The tensor's datatype is another one.</exception>
    public T[] ToArray<T>()
        where T : unmanaged => AsSpan<T>().ToArray();

    /// <summary>Such as <c>score FP32 [20,10]</c>, without the elements.</summary>
    public override string ToString() => $"{Name} {Datatype.ToWireName()} [{string.Join(',', Shape)}]";

    /// <summary>The elements of a <see cref="TensorDatatype.Bytes"/> tensor as texts (UTF-8).</summary>
    /// <exception cref="InvalidOperationException">The tensor's datatype is another one.</exception>
    public IReadOnlyList<string> ToStrings()
    {
        if (Datatype != TensorDatatype.Bytes)
        {
            throw new InvalidOperationException($"Tensor '{Name}' holds {Datatype.ToWireName()}, not BYTES.");
        }

        var elements = new List<string>();
        var rest = Data.Span;
        while (BytesElement.TryTake(ref rest, out var element))
        {
            elements.Add(Encoding.UTF8.GetString(element));
        }

        return elements;
    }

    private static void RequireCount(Tensor tensor, IReadOnlyList<long> shape, int found)
    {
        if (shape.Any(static dimension => dimension < 0))
        {
            throw new ArgumentException(
                $"Tensor '{tensor.Name}' has shape [{string.Join(',', tensor.Shape)}], expected dimensions of 0 or more.", nameof(shape));
        }

        if (tensor.ElementCount != found)
        {
            throw new ArgumentException(
                $"Tensor '{tensor.Name}' has shape [{string.Join(',', tensor.Shape)}], which is {tensor.ElementCount} elements, but {found} were given.",
                nameof(shape));
        }
    }
}
