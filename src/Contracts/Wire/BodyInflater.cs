using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Millrace.Contracts.Wire;

/// <summary>
/// Inflates compressed bodies. A body decides what it inflates to, not how much memory that takes: the output ends at the limit, and so does
/// the window that zstd keeps.
/// </summary>
internal static class BodyInflater
{
    private const int LeastBytes = 4096;

    // The window that RFC 8878 (3.1.1.1.2) asks every decoder to take: 8 MiB.
    private const int LeastWindowLog = 23;

    /// <summary>Inflates a body.</summary>
    /// <param name="body">The body as it came.</param>
    /// <param name="encoding">How it is compressed.</param>
    /// <param name="maxBytes">The most that it may inflate to.</param>
    /// <param name="pool">Where the array is taken from. The caller gives it back there, unless there is an error.</param>
    /// <param name="inflated">What it inflates to; nothing where there is an error.</param>
    /// <returns>Why it cannot be inflated; null where it was.</returns>
    public static WireError? Inflate(ReadOnlyMemory<byte> body, BodyEncoding encoding, int maxBytes, ArrayPool<byte> pool, out ArraySegment<byte> inflated)
    {
        inflated = default;
        var name = BodyEncodings.Name(encoding);
        var begun = body[..(int)Math.Min(body.Length, MostCompressed(maxBytes))];
        var buffer = pool.Rent((int)Math.Min(maxBytes + 1L, Math.Max(LeastBytes, begun.Length * 4L)));
        WireError? error = null;
        try
        {
            using var source = new BodySource(begun);
            using var stream = Open(source, begun.Span, encoding, maxBytes);
            var length = Fill(stream, ref buffer, maxBytes, pool);
            if (length > maxBytes || begun.Length < body.Length)
            {
                error = TooLarge($"{body.Length} bytes of {name}", maxBytes, buffer.AsSpan(0, length));
            }
            else if (Flaw(source, body.Span, encoding, length) is { } flaw)
            {
                error = Unreadable(name, flaw);
            }
            else
            {
                inflated = new ArraySegment<byte>(buffer, 0, length);
                return null;
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or ZstdException)
        {
            error = begun.Length < body.Length ? TooLarge($"{body.Length} bytes of {name}", maxBytes, default) : Unreadable(name, fault.Message);
        }

        pool.Return(buffer);
        return error;
    }

    /// <summary>Reads to the end, or to one byte past the limit at least.</summary>
    private static int Fill(Stream stream, ref byte[] buffer, int maxBytes, ArrayPool<byte> pool)
    {
        var length = 0;
        while (length <= maxBytes)
        {
            if (length == buffer.Length)
            {
                var larger = pool.Rent((int)Math.Min(maxBytes + 1L, length * 2L));
                buffer.AsSpan(0, length).CopyTo(larger);
                pool.Return(buffer);
                buffer = larger;
            }

            var count = stream.Read(buffer, length, buffer.Length - length);
            if (count == 0)
            {
                break;
            }

            length += count;
        }

        return length;
    }

    /// <summary>What .NET's streams pass over.</summary>
    private static string? Flaw(BodySource source, ReadOnlySpan<byte> body, BodyEncoding encoding, int length) => encoding switch
    {
        _ when length == 0 => "nothing is in there",
        // It ends in its length (RFC 1952, 2.3.1). The stream itself asks for a further member, which may be missing.
        BodyEncoding.Gzip => BinaryPrimitives.ReadUInt32LittleEndian(body[^4..]) == length ? null : "it is cut off, or something stands behind its end",
        BodyEncoding.Deflate when source.IsCutOff => "it is cut off",
        BodyEncoding.Deflate when !source.IsRead => "something stands behind its end",
        _ => null,
    };

    private static Stream Open(BodySource source, ReadOnlySpan<byte> body, BodyEncoding encoding, int maxBytes)
    {
        switch (encoding)
        {
            case BodyEncoding.Gzip:
                return new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
            case BodyEncoding.Deflate when IsZlib(body):
                return new ZLibStream(source, CompressionMode.Decompress, leaveOpen: true);
            case BodyEncoding.Deflate:
                return new DeflateStream(source, CompressionMode.Decompress, leaveOpen: true);
            default:
                var stream = new DecompressionStream(source, bufferSize: 0, checkEndOfStream: true, leaveOpen: true);
                stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, Math.Max(LeastWindowLog, 1 + BitOperations.Log2((uint)maxBytes)));
                return stream;
        }
    }

    /// <summary>Whether it begins as zlib's form does (RFC 1950, 2.2). Some clients send deflate without that; no encoder begins one like this.</summary>
    private static bool IsZlib(ReadOnlySpan<byte> body) =>
        body.Length >= 2 && (body[0] & 0x0F) == 8 && BinaryPrimitives.ReadUInt16BigEndian(body) % 31 == 0;

    // What cannot be compressed becomes larger by less than an eighth. What is longer is not read further: it can
    // only be meant to keep a processor busy with nothing.
    private static long MostCompressed(int maxBytes) => maxBytes + (maxBytes / 8) + 1024L;

    private static WireError TooLarge(string found, int maxBytes, ReadOnlySpan<byte> beginning) => new(
        ErrorCode.PayloadTooLarge,
        $"body: {found} that inflate to more than {maxBytes} (Limits:MaxPayloadBytes); send fewer rows a job")
    {
        Id = OipFormat.FindId(beginning),
    };

    private static WireError Unreadable(string name, string why) =>
        new(ErrorCode.UnreadableBody, $"body: not readable as {name}, which content_encoding says it is: {why}");
}
