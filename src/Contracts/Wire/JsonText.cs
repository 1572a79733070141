using System.Text.Json;
using System.Text.Unicode;

namespace Millrace.Contracts.Wire;

/// <summary>Strings from JSON, whose escapes may spell half a surrogate pair: that is the body's fault, not the reader's.</summary>
internal static class JsonText
{
    private static ReadOnlySpan<byte> Mark => "\uFEFF"u8;

    /// <summary>The JSON behind a byte order mark, which some programs write before UTF-8; all of it where there is none.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> json) => json.Span.StartsWith(Mark) ? json[Mark.Length..] : json;

    /// <inheritdoc cref="WithoutMark(ReadOnlyMemory{byte})"/>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> json) => json.StartsWith(Mark) ? json[Mark.Length..] : json;

    public static string Read(ref Utf8JsonReader reader, FieldPath field) => TryRead(ref reader) ?? throw Malformed(field);

    /// <summary>The string or name that the reader stands on; null where it is none that .NET can hold.</summary>
    public static string? TryRead(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether every string and name in the value that the reader stands on can be held; the caller's reader stays there.</summary>
    public static bool IsValid(Utf8JsonReader reader)
    {
        var outside = reader.CurrentDepth;
        do
        {
            var isText = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName;
            if (isText && (reader.ValueIsEscaped ? TryRead(ref reader) is null : !Utf8.IsValid(reader.ValueSpan)))
            {
                return false;
            }
        }
        while ((reader.CurrentDepth > outside || reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) && reader.Read());

        return true;
    }

    public static WireException Malformed(FieldPath field) => WireException.Invalid($"{field}: the string is not valid UTF-8 or UTF-16");
}
