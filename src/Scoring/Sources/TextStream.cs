using System.Text;

namespace Millrace.Scoring.Sources;

/// <summary>Makes UTF-8 text of a file's bytes: by its byte order mark, by what a person says, and else as it is.</summary>
internal static class TextStream
{
    private const int LongestMagicBytes = 16;

    /// <summary>What a file is called that comes by standard input.</summary>
    public const string StandardInput = "standard input";

    /// <summary>Encodings that people say, in words for messages.</summary>
    public const string EncodingOption = "--encoding NAME, as in windows-1252, latin1, utf-16le";

    /// <summary>Stands in a text for what is none in the file's encoding, such as half a surrogate pair; it is no character of its own.</summary>
    public const char NoTextMark = '\uFFFF';

    /// <summary>The same as it stands in the text's UTF-8.</summary>
    public static ReadOnlySpan<byte> NoText => "\uFFFF"u8;

    /// <summary>Stands at the text's first character, with the start of it read.</summary>
    /// <exception cref="UsageException">The file is of a format that is no text, or in an encoding that nobody named.</exception>
    public static async Task<ReplayStream> OpenAsync(string name, MeasuredStream file, Encoding? encoding, CancellationToken cancellationToken)
    {
        var bytes = new ReplayStream(file);
        while (bytes.Ahead.Length < LongestMagicBytes && bytes.Ahead.Span.IndexOf((byte)'\n') < 0 && await bytes.ReadAheadAsync(cancellationToken))
        {
            // A pipe may give less than it takes to know the file.
        }

        if (KnownFormat.Of(bytes.Ahead.Span) is { } format)
        {
            throw new UsageException(
                $"{name} is {format.Name}, not CSV", format.Advice.Replace("FILE", name == StandardInput ? "-" : name, StringComparison.Ordinal));
        }

        var (marked, markBytes) = ByteOrderMark(bytes.Ahead.Span);
        bytes.GoTo(markBytes);
        var source = marked ?? encoding ?? Encoding.UTF8;
        if (source.CodePage == Encoding.UTF8.CodePage)
        {
            RefuseNul(name, bytes.Ahead.Span);
            return bytes;
        }

        var isUtf8Too = source.IsSingleByte && IsUtf8(bytes.Ahead.Span);
        bytes.KeepNothing();
        var text = new ReplayStream(Encoding.CreateTranscodingStream(bytes, Strict(source), Encoding.UTF8)) { IsTranscoded = true, IsUtf8Too = isUtf8Too };
        try
        {
            await text.ReadAheadAsync(cancellationToken);
            RefuseNul(name, text.Ahead.Span);
            return text;
        }
        catch (DecoderFallbackException undecodable)
        {
            throw Undecodable(name, undecodable, line: 1);
        }
    }

    /// <summary>The error of a file that an encoding cannot be of.</summary>
    /// <param name="name">What to call the file.</param>
    /// <param name="undecodable">What the decoder says.</param>
    /// <param name="line">The last line that was read.</param>
    public static UsageException Undecodable(string name, DecoderFallbackException undecodable, long line) => new(
        $"{name}, line {line} or behind it: bytes that are no text in its encoding ({Convert.ToHexString(undecodable.BytesUnknown ?? [])})", EncodingOption);

    /// <summary>Whether the lines that are whole have letters beyond ASCII, all of them written as UTF-8: in any other encoding that is next to impossible.</summary>
    private static bool IsUtf8(ReadOnlySpan<byte> start)
    {
        var lines = start[..(start.LastIndexOf((byte)'\n') + 1)];
        return lines.IndexOfAnyInRange((byte)0x80, byte.MaxValue) >= 0 && System.Text.Unicode.Utf8.IsValid(lines);
    }

    private static (Encoding? Encoding, int Bytes) ByteOrderMark(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            return (Encoding.UTF8, 3);
        }

        if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]))
        {
            return (Encoding.UTF32, 4);
        }

        return start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) ? (Encoding.Unicode, 2)
            : start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) ? (Encoding.BigEndianUnicode, 2)
            : (null, 0);
    }

    /// <summary>
    /// The same encoding, that marks what it cannot read. Where a character may be of several bytes of any kind, it fails: who knows where the next
    /// one begins.
    /// </summary>
    private static Encoding Strict(Encoding encoding)
    {
        var strict = (Encoding)encoding.Clone();
        var knowsWhereToGoOn = encoding.IsSingleByte || encoding is UnicodeEncoding or UTF32Encoding;
        strict.DecoderFallback = knowsWhereToGoOn ? new DecoderReplacementFallback(NoTextMark.ToString()) : DecoderFallback.ExceptionFallback;
        return strict;
    }

    private static void RefuseNul(string name, ReadOnlySpan<byte> start)
    {
        var first = start.IndexOf((byte)0);
        if (first < 0)
        {
            return;
        }

        var odd = 0;
        for (var i = 1; i < start.Length; i += 2)
        {
            odd += start[i] == 0 ? 1 : 0;
        }

        // Of western text in UTF-16 every second byte is zero.
        var even = start.Count((byte)0) - odd;
        throw Math.Max(odd, even) > start.Length / 4
            ? new UsageException(
                $"{name} looks like UTF-16 without a byte order mark", odd > even ? "--encoding utf-16le reads it so" : "--encoding utf-16be reads it so")
            : new UsageException($"{name} holds a NUL byte in its first lines: it is no text", "expected CSV");
    }
}
