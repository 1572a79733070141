namespace Millrace.Contracts.Wire;

/// <summary>Reads AMQP's <c>content_encoding</c>.</summary>
internal static class BodyEncodings
{
    /// <summary>The compression that it names.</summary>
    /// <param name="contentEncoding">AMQP's property; null or empty for none.</param>
    /// <param name="encoding">The compression, where null is returned.</param>
    /// <returns>Why it cannot be read; null where it can.</returns>
    public static WireError? Read(string? contentEncoding, out BodyEncoding encoding)
    {
        encoding = BodyEncoding.None;
        if (string.IsNullOrEmpty(contentEncoding))
        {
            return null;
        }

        var names = contentEncoding.AsSpan();
        // HTTP's separator, and that of Spring AMQP (gzip:UTF-8).
        foreach (var part in names.SplitAny(',', ':'))
        {
            var name = names[part].Trim();
            if (IsPlain(name))
            {
                continue;
            }

            if (Of(name) is not { } found)
            {
                return Unreadable(contentEncoding, "expected gzip, deflate or zstd, or nothing for a body that is not compressed");
            }

            if (encoding != BodyEncoding.None)
            {
                return Unreadable(contentEncoding, "which compresses more than once, expected one of gzip, deflate and zstd");
            }

            encoding = found;
        }

        return null;
    }

    /// <summary>AMQP's name of a compression.</summary>
    public static string Name(BodyEncoding encoding) => encoding switch
    {
        BodyEncoding.Gzip => "gzip",
        BodyEncoding.Deflate => "deflate",
        BodyEncoding.Zstd => "zstd",
        _ => "identity",
    };

    private static BodyEncoding? Of(ReadOnlySpan<char> name) =>
        Is(name, "gzip") || Is(name, "x-gzip") ? BodyEncoding.Gzip
        : Is(name, "deflate") ? BodyEncoding.Deflate
        : Is(name, "zstd") ? BodyEncoding.Zstd
        : null;

    /// <summary>
    /// Whether a name says of the bytes only what is so in any case. Many clients (Celery's kombu, Spring AMQP) put the character set here, and
    /// <c>binary</c> for bytes.
    /// </summary>
    private static bool IsPlain(ReadOnlySpan<char> name) =>
        name.IsEmpty || Is(name, "identity") || Is(name, "utf-8") || Is(name, "utf8") || Is(name, "us-ascii") || Is(name, "ascii") || Is(name, "binary");

    private static bool Is(ReadOnlySpan<char> name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static WireError Unreadable(string found, string why) =>
        new(ErrorCode.UnreadableBody, $"content_encoding: found '{CallerText.Shorten(found)}', {why}");
}
