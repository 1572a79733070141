namespace Millrace.Contracts;

/// <summary>The tensor datatypes of the Open Inference Protocol (v2), "Tensor Data Types".</summary>
public enum TensorDatatype
{
    /// <summary>One byte an element, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned, 1 byte.</summary>
    UInt8,

    /// <summary>Unsigned, 2 bytes.</summary>
    UInt16,

    /// <summary>Unsigned, 4 bytes.</summary>
    UInt32,

    /// <summary>Unsigned, 8 bytes.</summary>
    UInt64,

    /// <summary>Signed, 1 byte.</summary>
    Int8,

    /// <summary>Signed, 2 bytes.</summary>
    Int16,

    /// <summary>Signed, 4 bytes.</summary>
    Int32,

    /// <summary>Signed, 8 bytes.</summary>
    Int64,

    /// <summary>IEEE 754 binary16, 2 bytes.</summary>
    Fp16,

    /// <summary>IEEE 754 binary32, 4 bytes.</summary>
    Fp32,

    /// <summary>IEEE 754 binary64, 8 bytes.</summary>
    Fp64,

    /// <summary>Byte strings of any length; a text is UTF-8. In binary, each has a 4-byte little-endian length before it.</summary>
    Bytes,
}
