using System.Text.Json;

namespace Millrace.Contracts.Wire;

/// <summary>The array <c>row_errors</c> of a reply, and of a stored row: <c>[{"row":3,"code":"inference_failed","error":"…"}]</c>.</summary>
internal static class RowErrorsJson
{
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<RowError> errors)
    {
        writer.WriteStartArray();
        for (var i = 0; i < errors.Count; i++)
        {
            writer.WriteStartObject();
            writer.WriteNumber("row"u8, errors[i].Row);
            writer.WriteString("code"u8, errors[i].Code);
            writer.WriteString("error"u8, errors[i].Error);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Reads the array that the reader stands on.</summary>
    /// <exception cref="WireException">It is none.</exception>
    public static IReadOnlyList<RowError> Read(ref Utf8JsonReader reader, FieldPath field)
    {
        JsonFields.RequireArray(ref reader, field);
        var errors = new List<RowError>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var at = new FieldPath(field.Field, errors.Count);
            JsonFields.RequireObject(ref reader, at);
            errors.Add(ReadOne(ref reader, at));
        }

        return errors;
    }

    private static RowError ReadOne(ref Utf8JsonReader reader, FieldPath at)
    {
        int? row = null;
        string? code = null, error = null;
        while (JsonFields.Next(ref reader, at))
        {
            if (reader.ValueTextEquals("row"u8))
            {
                reader.Read();
                row = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) && number >= 0 ? number : null;
            }
            else if (reader.ValueTextEquals("code"u8)) code = ReadText(ref reader, at.At(".code"));
            else if (reader.ValueTextEquals("error"u8)) error = ReadText(ref reader, at.At(".error"));
            else reader.Skip();
        }

        return row is { } index && code is not null
            ? new RowError(index, code, error ?? "")
            : throw WireException.Invalid($"{at}: expected an object with row, a number from 0, and code");
    }

    private static string? ReadText(ref Utf8JsonReader reader, FieldPath field)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return JsonText.Read(ref reader, field);
        }

        reader.Skip();
        return null;
    }
}
