using System.Text;

namespace Millrace.Contracts.Wire;

/// <summary>
/// AMQP's short strings: names, and properties such as <c>correlation_id</c>. They have at most 255 bytes of UTF-8 (AMQP 0-9-1, 4.2.5.3).
/// </summary>
/// <remarks>
/// Client libraries read bytes that are not UTF-8 as U+FFFD, which has three bytes. Such a text is not what was sent, and may be longer than
/// what AMQP carries: written back as it is, it would cost the channel that it goes over.
/// </remarks>
public static class ShortText
{
    /// <summary>The most bytes of one.</summary>
    public const int MaxBytes = 255;

    private const char Replacement = '\uFFFD';

    // UTF-16's units have three bytes of UTF-8 at most.
    private const int AlwaysFits = MaxBytes / 3;

    /// <summary>Whether a text that was read is what was sent: none of its bytes were not UTF-8.</summary>
    public static bool IsIntact(string? text) => text is null || !text.Contains(Replacement, StringComparison.Ordinal);

    /// <summary>Whether AMQP carries the text.</summary>
    public static bool Fits(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= AlwaysFits || Encoding.UTF8.GetByteCount(text) <= MaxBytes;
    }

    /// <summary>
    /// The text, or as much of its beginning as AMQP carries. What was cut ends in U+FFFD, so that it is never taken for intact; and what this
    /// returned once stays the same, so that a message that goes round keeps what it is known by.
    /// </summary>
    public static string? Cut(string? text)
    {
        if (text is null || Fits(text))
        {
            return text;
        }

        var bytes = 3;
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MaxBytes)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        return text[..length] + Replacement;
    }
}
