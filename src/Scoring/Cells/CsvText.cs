using System.Buffers;
using System.Globalization;
using System.Text;

namespace Millrace.Scoring.Cells;

/// <summary>Writes fields as RFC 4180 does: in quotes where the text needs them.</summary>
internal static class CsvText
{
    /// <summary>Appends a field, quoted where it holds the separator, a quote or a line break.</summary>
    public static void AppendField(IBufferWriter<byte> target, ReadOnlySpan<byte> text, byte separator)
    {
        if (text.IndexOfAny((byte)'"', (byte)'\r', (byte)'\n') < 0 && !text.Contains(separator))
        {
            target.Write(text);
            return;
        }

        target.Write("\""u8);
        for (var quote = text.IndexOf((byte)'"'); quote >= 0; quote = text.IndexOf((byte)'"'))
        {
            target.Write(text[..(quote + 1)]);
            target.Write("\""u8);
            text = text[(quote + 1)..];
        }

        target.Write(text);
        target.Write("\""u8);
    }

    /// <summary>Appends a field.</summary>
    public static void AppendField(IBufferWriter<byte> target, string text, byte separator) =>
        AppendField(target, Encoding.UTF8.GetBytes(text), separator);

    /// <summary>Appends a number, the shortest text that reads back as the same one.</summary>
    public static void AppendNumber<T>(IBufferWriter<byte> target, T value)
        where T : IUtf8SpanFormattable
    {
        // The longest of all, a negative double with its exponent, takes 24.
        value.TryFormat(target.GetSpan(32), out var written, default, CultureInfo.InvariantCulture);
        target.Advance(written);
    }
}
