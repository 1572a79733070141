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
            return ReadBody(json, binary);
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
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("outputs"u8)) outputs = ReadOutputs(ref reader, binary, json.Length);
            else if (reader.ValueTextEquals("id"u8)) id = ReadText(ref reader);
            else if (reader.ValueTextEquals("model_name"u8)) name = ReadText(ref reader);
            else if (reader.ValueTextEquals("model_version"u8)) version = ReadText(ref reader);
            else if (reader.ValueTextEquals("error"u8)) error = ReadText(ref reader);
            else if (reader.ValueTextEquals("code"u8)) code = ReadText(ref reader);
            else if (reader.ValueTextEquals("status"u8)) status = ReadText(ref reader);
            else reader.Skip();
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
        };
    }

    private static List<Tensor> ReadOutputs(ref Utf8JsonReader reader, ReadOnlyMemory<byte> binary, int jsonLength)
    {
        reader.Read();
        var tensors = new List<Tensor>(2);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            tensors.Add(TensorReader.Read(ref reader, $"outputs[{tensors.Count}]", ref binary, s_limits, jsonLength));
        }

        return tensors;
    }

    private static string? ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
    }
}
