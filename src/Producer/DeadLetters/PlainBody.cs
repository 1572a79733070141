using System.Buffers;
using System.IO.Compression;
using Millrace.Contracts.Wire;
using ZstdSharp;

namespace Millrace.Producer.DeadLetters;

/// <summary>What a dead letter's body says, without its compression.</summary>
internal static class PlainBody
{
    /// <summary>Inflates a body that is compressed.</summary>
    /// <param name="body">The body as it came.</param>
    /// <param name="plain">What it says; the body as it came, where that is not compressed or an error is returned.</param>
    /// <returns>Why it cannot be inflated; null where it was, or need not be.</returns>
    public static WireError? Read(WireBody body, out WireBody plain)
    {
        plain = body;
        if (BodyEncodings.Read(body.ContentEncoding, out var encoding) is { } unknown)
        {
            return unknown;
        }

        if (encoding == BodyEncoding.None)
        {
            return null;
        }

        // Not given back to the pool: how long the body is looked at is the caller's to say.
        var fault = BodyInflater.Inflate(body.Bytes, encoding, WireLimits.HighestMaxPayloadBytes, ArrayPool<byte>.Shared, out var inflated);
        plain = fault is null ? body with { Bytes = inflated, ContentEncoding = null } : body;
        return fault;
    }

    /// <summary>Compresses a body anew, so that it is no larger than what the broker took before.</summary>
    /// <param name="plain">The body.</param>
    /// <param name="contentEncoding">The <c>content_encoding</c> that it is to have.</param>
    public static WireBody Compress(WireBody plain, string? contentEncoding)
    {
        if (BodyEncodings.Read(contentEncoding, out var encoding) is not null || encoding == BodyEncoding.None)
        {
            return plain with { ContentEncoding = contentEncoding };
        }

        using var compressed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            BodyEncoding.Gzip => new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            BodyEncoding.Deflate => new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            _ => new CompressionStream(compressed, leaveOpen: true),
        })
        {
            stream.Write(plain.Bytes.Span);
        }

        return plain with { Bytes = compressed.ToArray(), ContentEncoding = contentEncoding };
    }
}
