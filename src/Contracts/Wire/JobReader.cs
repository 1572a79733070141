using System.Collections.ObjectModel;
using System.Text.Json;

namespace Millrace.Contracts.Wire;

/// <summary>
/// Reads a request. The first pass notes where each field stands, so that their order does not matter and the id is known
/// when a tensor turns out to be wrong; the fields are then read from there.
/// </summary>
internal static class JobReader
{
    public static bool TryRead(
        ReadOnlyMemory<byte> json, ReadOnlyMemory<byte> binary, WireLimits limits, out PredictionJob job, out WireError error)
    {
        var header = default(JobHeader);
        try
        {
            job = Read(JsonText.WithoutMark(json), binary, limits, ref header);
            error = null!;
            return true;
        }
        catch (WireException fault)
        {
            error = new WireError(fault.Code, fault.Message)
            {
                Id = header.Id,
                ModelName = header.ModelName,
                ModelVersion = header.ModelVersion,
            };
        }
        catch (JsonException fault)
        {
            error = new WireError(
                ErrorCode.UnreadableBody,
                $"body: not readable as JSON at line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}: {Reason(fault)}");
        }

        job = null!;
        return false;
    }

    public static Guid? FindId(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(JsonText.WithoutMark(json));
            reader.Read();
            while (JsonFields.Next(ref reader, "body"))
            {
                var isId = reader.ValueTextEquals("id"u8);
                reader.Read();
                if (isId && reader.TokenType == JsonTokenType.String && Guid.TryParseExact(JsonText.TryRead(ref reader), "D", out var id))
                {
                    return id;
                }

                reader.Skip();
            }
        }
        catch (Exception fault) when (fault is JsonException or WireException)
        {
            // Broken before an id came: there is none to be had.
        }

        return null;
    }

    private static PredictionJob Read(ReadOnlyMemory<byte> json, ReadOnlyMemory<byte> binary, WireLimits limits, ref JobHeader header)
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = limits.MaxJsonDepth });
        if (!reader.Read())
        {
            throw WireException.Unreadable("body: empty, expected a JSON object");
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw WireException.Unreadable($"body: expected a JSON object, found {JsonNames.Of(reader.TokenType)}");
        }

        Utf8JsonReader id = default, name = default, version = default, parameters = default, inputs = default, outputs = default;
        while (JsonFields.Next(ref reader, "body"))
        {
            if (reader.ValueTextEquals("inputs"u8)) inputs = Field(ref reader);
            else if (reader.ValueTextEquals("model_name"u8)) name = Field(ref reader);
            else if (reader.ValueTextEquals("id"u8)) id = Field(ref reader);
            else if (reader.ValueTextEquals("model_version"u8)) version = Field(ref reader);
            else if (reader.ValueTextEquals("parameters"u8)) parameters = Field(ref reader);
            else if (reader.ValueTextEquals("outputs"u8)) outputs = Field(ref reader);
            else reader.Skip();
        }

        // Throws where something stands behind the object.
        reader.Read();

        var modelName = Text(ref name, "model_name");
        var modelVersion = Text(ref version, "model_version");
        header.ModelName = modelName is null ? null : CallerText.Shorten(modelName);
        header.ModelVersion = modelVersion is null ? null : CallerText.Shorten(modelVersion);
        header.Id = ReadId(ref id);
        RequireName(modelName, "model_name", ErrorCode.ModelNotFound);
        RequireName(modelVersion, "model_version", ErrorCode.ModelVersionNotFound);
        var known = ReadParameters(ref parameters, "parameters");
        var faults = PredictionJob.AsksPartial(known) ? new RowFaults() : null;
        return new PredictionJob
        {
            Id = header.Id,
            ModelName = header.ModelName,
            ModelVersion = header.ModelVersion,
            Parameters = known,
            Outputs = outputs.TokenType is JsonTokenType.None or JsonTokenType.Null ? Array.Empty<RequestedOutput>() : ReadOutputs(ref outputs),
            Inputs = ReadInputs(ref inputs, binary, limits, json.Length, faults),
            RowFaults = faults?.ToList() ?? [],
        };
    }

    /// <summary>A reader that stands on the value of the property that <paramref name="reader"/> stands on, which moves past it.</summary>
    private static Utf8JsonReader Field(scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        var value = reader;
        reader.Skip();
        return value;
    }

    private static string? Text(ref Utf8JsonReader reader, FieldPath field) => reader.TokenType switch
    {
        JsonTokenType.None or JsonTokenType.Null => null,
        JsonTokenType.String => JsonText.Read(ref reader, field),
        _ => throw WireException.Invalid($"{field}: expected a string, found {JsonNames.Of(reader.TokenType)}"),
    };

    /// <summary>Refuses what can be no model's name, before it is looked for, kept and sent back.</summary>
    private static void RequireName(string? text, string field, string code)
    {
        if (text?.Length > CallerText.MaxNameLength)
        {
            throw new WireException(
                code, $"{field}: '{CallerText.Shorten(text)}' has {text.Length} characters, expected at most {CallerText.MaxNameLength}");
        }
    }

    private static Guid? ReadId(ref Utf8JsonReader reader)
    {
        // The reader takes a UUID of the form D alone, as is asked for below; of escapes it may throw.
        if (reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped && reader.TryGetGuid(out var plain))
        {
            return plain;
        }

        var text = Text(ref reader, "id");
        return text switch
        {
            null => null,
            _ when Guid.TryParseExact(text, "D", out var id) => id,
            _ => throw new WireException(
                ErrorCode.InvalidId,
                $"id: expected a UUID such as 0192f0c1-7a3b-7c4d-8e5f-0123456789ab, or none, found {JsonNames.Excerpt(ref reader)}"),
        };
    }

    private static IReadOnlyDictionary<string, JsonElement> ReadParameters(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType is JsonTokenType.None or JsonTokenType.Null)
        {
            return ReadOnlyDictionary<string, JsonElement>.Empty;
        }

        JsonFields.RequireObject(ref reader, field);
        var parameters = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        while (JsonFields.Next(ref reader, field))
        {
            var name = JsonFields.RequireName(ref reader, field);
            reader.Read();
            parameters[name] = JsonText.IsValid(reader) ? JsonElement.ParseValue(ref reader) : throw JsonText.Malformed($"{field}.{CallerText.Shorten(name)}");
        }

        return parameters;
    }

    private static List<RequestedOutput> ReadOutputs(ref Utf8JsonReader reader)
    {
        var outputs = new List<RequestedOutput>();
        JsonFields.RequireArray(ref reader, "outputs");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var at = new FieldPath("outputs", outputs.Count);
            JsonFields.RequireObject(ref reader, at);
            Utf8JsonReader name = default;
            while (JsonFields.Next(ref reader, at))
            {
                if (reader.ValueTextEquals("name"u8)) name = Field(ref reader);
                else reader.Skip();
            }

            outputs.Add(new RequestedOutput
            {
                Name = Text(ref name, at.At(".name")) ?? throw WireException.Invalid($"{at}.name: missing, expected an output's name"),
            });
        }

        return outputs;
    }

    private static List<Tensor> ReadInputs(
        ref Utf8JsonReader reader, ReadOnlyMemory<byte> binary, WireLimits limits, int jsonLength, RowFaults? faults)
    {
        if (reader.TokenType == JsonTokenType.None)
        {
            throw WireException.Invalid("inputs: missing, expected an array of tensors");
        }

        JsonFields.RequireArray(ref reader, "inputs");
        var tensors = new List<Tensor>(1);
        var rest = binary;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var at = new FieldPath("inputs", tensors.Count);
            JsonFields.RequireObject(ref reader, at);
            tensors.Add(TensorReader.Read(ref reader, at, ref rest, limits, jsonLength, faults));
        }

        return rest.IsEmpty
            ? tensors
            : throw new WireException(
                ErrorCode.DataLengthMismatch,
                $"body: the binary section has {binary.Length} bytes, the inputs' binary_data_size name {binary.Length - rest.Length}");
    }

    private static string Reason(JsonException fault)
    {
        // The library ends its sentence with the position, which the message has already; and it has advice for who wrote the reader.
        var end = fault.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var reason = end < 0 ? fault.Message : fault.Message[..end];
        return reason.Replace(" Change the reader options.", "", StringComparison.Ordinal);
    }

    private struct JobHeader
    {
        public Guid? Id;
        public string? ModelName;
        public string? ModelVersion;
    }
}
