using System.Text;
using System.Text.Json;

namespace Millrace.Contracts.Wire;

/// <summary>How a message names what was found in JSON.</summary>
internal static class JsonNames
{
    private const int ExcerptLength = 40;

    public static string Of(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => "nothing",
    };

    /// <summary>A short excerpt of the value that the reader stands on.</summary>
    public static string Excerpt(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String))
        {
            return Of(reader.TokenType);
        }

        var text = Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, ExcerptLength)]);
        var tail = reader.ValueSpan.Length > ExcerptLength ? "…" : "";
        return reader.TokenType == JsonTokenType.String ? $"\"{text}{tail}\"" : text + tail;
    }
}
