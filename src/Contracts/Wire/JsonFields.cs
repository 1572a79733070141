using System.Text.Json;

namespace Millrace.Contracts.Wire;

/// <summary>Steps through the fields of JSON objects, and says what stands where something else was expected.</summary>
internal static class JsonFields
{
    /// <summary>Moves to the next field's name of the object that the reader is in.</summary>
    /// <param name="reader">Stands on the object's start or behind a field's value.</param>
    /// <param name="at">Where the object is, for messages.</param>
    /// <returns>False at the object's end.</returns>
    public static bool Next(ref Utf8JsonReader reader, FieldPath at)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
        {
            return false;
        }

        // Comparing a name unescapes it, and the library throws over half a surrogate pair.
        if (reader.ValueIsEscaped)
        {
            RequireName(ref reader, at);
        }

        return true;
    }

    /// <summary>The name that the reader stands on.</summary>
    public static string RequireName(ref Utf8JsonReader reader, FieldPath at) =>
        JsonText.TryRead(ref reader) ?? throw WireException.Invalid($"{at}: a field's name is not valid UTF-8 or UTF-16");

    public static void RequireArray(ref Utf8JsonReader reader, FieldPath field)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw WireException.Invalid($"{field}: expected an array, found {JsonNames.Of(reader.TokenType)}");
        }
    }

    public static void RequireObject(ref Utf8JsonReader reader, FieldPath field)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw WireException.Invalid($"{field}: expected an object, found {JsonNames.Of(reader.TokenType)}");
        }
    }
}
