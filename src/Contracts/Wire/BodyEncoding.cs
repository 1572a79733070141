namespace Millrace.Contracts.Wire;

/// <summary>How a body is compressed.</summary>
internal enum BodyEncoding
{
    None,
    Gzip,

    /// <summary>zlib's form, or bare deflate.</summary>
    Deflate,
    Zstd,
}
