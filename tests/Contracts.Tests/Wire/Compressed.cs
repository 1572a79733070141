using System.IO.Compression;
using ZstdSharp;

namespace Millrace.Contracts.Tests.Wire;

/// <summary>Bodies as clients compress them.</summary>
internal static class Compressed
{
    public static byte[] Gzip(byte[] plain) => Write(plain, to => new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true));

    public static byte[] Zlib(byte[] plain) => Write(plain, to => new ZLibStream(to, CompressionLevel.Fastest, leaveOpen: true));

    public static byte[] RawDeflate(byte[] plain) => Write(plain, to => new DeflateStream(to, CompressionLevel.Fastest, leaveOpen: true));

    public static byte[] Zstd(byte[] plain) => Write(plain, to => new CompressionStream(to, leaveOpen: true));

    /// <summary>By the name of the form.</summary>
    public static byte[] Of(string form, byte[] plain) => form switch
    {
        "gzip" => Gzip(plain),
        "zlib" => Zlib(plain),
        "deflate" => RawDeflate(plain),
        _ => Zstd(plain),
    };

    private static byte[] Write(byte[] plain, Func<Stream, Stream> open)
    {
        using var compressed = new MemoryStream();
        using (var stream = open(compressed))
        {
            stream.Write(plain);
        }

        return compressed.ToArray();
    }
}
