using System.Text.Json;

namespace Millrace.Contracts.Wire;

/// <summary>Reads a response or an error of the worker's.</summary>
internal static class ResultReader
{
    // Replies are the worker's own: what the model gave, however large.
    private static readonly WireLimits s_limits = new() { MaxRank = 64, MaxJsonDepth = 64 };

    public static PredictionResult Read(ReadOnlyMemory<byte> json, ReadOnlyMemory<byte> binary)
    {
        try
        {
            return ReadBody(JsonText.WithoutMark(json), binary);
        }
        catch (Exception fault) when (fault is WireException or JsonException)
        {
            throw new FormatException($"Not a response of the Open Inference Protocol: {fault.Message}", fault);
        }
    }

    private static PredictionResult ReadBody(ReadOnlyMemory<byte> json, ReadOnlyMemory<byte> binary)
    {
        var reader = new Utf8JsonReader(json.Span);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw WireException.Unreadable("body: expected a JSON object");
        }

        string? id = null, name = null, version = null, error = null, code = null, status = null;
        List<Tensor> outputs = [];
        IReadOnlyList<RowError> rowErrors = [];
        var rest = binary;
        while (JsonFields.Next(ref reader, "body"))
        {
            if (reader.ValueTextEquals("outputs"u8)) outputs = ReadOutputs(ref reader, ref rest, json.Length);
            else if (reader.ValueTextEquals("row_errors"u8)) { reader.Read(); rowErrors = RowErrorsJson.Read(ref reader, "row_errors"); }
            else if (reader.ValueTextEquals("id"u8)) id = ReadText(ref reader, "id");
            else if (reader.ValueTextEquals("model_name"u8)) name = ReadText(ref reader, "model_name");
            else if (reader.ValueTextEquals("model_version"u8)) version = ReadText(ref reader, "model_version");
            else if (reader.ValueTextEquals("error"u8)) error = ReadText(ref reader, "error");
            else if (reader.ValueTextEquals("code"u8)) code = ReadText(ref reader, "code");
            else if (reader.ValueTextEquals("status"u8)) status = ReadText(ref reader, "status");
            else reader.Skip();
        }

        // Throws where something stands behind the object.
        reader.Read();
        if (!rest.IsEmpty)
        {
            throw WireException.Unreadable(
                $"body: the binary section has {binary.Length} bytes, the outputs' binary_data_size name {binary.Length - rest.Length}");
        }

        var known = JobStatuses.TryParse(status, out var parsed);
        return new PredictionResult
        {
            Id = Guid.TryParseExact(id, "D", out var guid) ? guid : null,
            ModelName = name,
            ModelVersion = version,
            Status = known ? parsed : error is null ? JobStatus.Succeeded : JobStatus.Failed,
            Error = error,
            Code = code,
            Outputs = outputs,
            RowErrors = rowErrors,
        };
    }

    private static List<Tensor> ReadOutputs(ref Utf8JsonReader reader, ref ReadOnlyMemory<byte> binary, int jsonLength)
    {
        reader.Read();
        JsonFields.RequireArray(ref reader, "outputs");
        var tensors = new List<Tensor>(2);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var at = new FieldPath("outputs", tensors.Count);
            JsonFields.RequireObject(ref reader, at);
            tensors.Add(TensorReader.Read(ref reader, at, ref binary, s_limits, jsonLength));
        }

        return tensors;
    }

    private static string? ReadText(ref Utf8JsonReader reader, string field)
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
