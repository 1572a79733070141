using System.Diagnostics.CodeAnalysis;

namespace Millrace.Contracts;

/// <summary>The protocol's names and the element sizes of <see cref="TensorDatatype"/>.</summary>
public static class TensorDatatypes
{
    private static readonly string[] s_names =
    [
        "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES",
    ];

    /// <summary>All names, in the protocol's spelling, for messages.</summary>
    public static IReadOnlyList<string> Names => s_names;

    /// <summary>The protocol's name, such as <c>FP32</c>.</summary>
    public static string ToWireName(this TensorDatatype datatype) => s_names[(int)datatype];

    /// <summary>Reads the protocol's name; letter case counts.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out TensorDatatype datatype)
    {
        var index = name is null ? -1 : Array.IndexOf(s_names, name);
        datatype = index < 0 ? default : (TensorDatatype)index;
        return index >= 0;
    }

    /// <summary>Bytes an element takes in the binary layout; 0 for <see cref="TensorDatatype.Bytes"/>, whose elements vary.</summary>
    public static int ElementSizeBytes(this TensorDatatype datatype) => datatype switch
    {
        TensorDatatype.Bool or TensorDatatype.UInt8 or TensorDatatype.Int8 => 1,
        TensorDatatype.UInt16 or TensorDatatype.Int16 or TensorDatatype.Fp16 => 2,
        TensorDatatype.UInt32 or TensorDatatype.Int32 or TensorDatatype.Fp32 => 4,
        TensorDatatype.UInt64 or TensorDatatype.Int64 or TensorDatatype.Fp64 => 8,
        TensorDatatype.Bytes => 0,
        _ => throw new ArgumentOutOfRangeException(nameof(datatype), datatype, "not a datatype of the protocol"),
    };

    /// <summary>The datatype whose elements .NET holds as <typeparamref name="T"/>.</summary>
    /// <exception cref="NotSupportedException">No datatype of the protocol has elements of that type.</exception>
    public static TensorDatatype Of<T>()
        where T : unmanaged
    {
        if (typeof(T) == typeof(bool)) return TensorDatatype.Bool;
        if (typeof(T) == typeof(byte)) return TensorDatatype.UInt8;
        if (typeof(T) == typeof(ushort)) return TensorDatatype.UInt16;
        if (typeof(T) == typeof(uint)) return TensorDatatype.UInt32;
        if (typeof(T) == typeof(ulong)) return TensorDatatype.UInt64;
        if (typeof(T) == typeof(sbyte)) return TensorDatatype.Int8;
        if (typeof(T) == typeof(short)) return TensorDatatype.Int16;
        if (typeof(T) == typeof(int)) return TensorDatatype.Int32;
        if (typeof(T) == typeof(long)) return TensorDatatype.Int64;
        if (typeof(T) == typeof(Half)) return TensorDatatype.Fp16;
        if (typeof(T) == typeof(float)) return TensorDatatype.Fp32;
        if (typeof(T) == typeof(double)) return TensorDatatype.Fp64;
        throw new NotSupportedException($"No datatype of the protocol has elements of type {typeof(T)}.");
    }
}
