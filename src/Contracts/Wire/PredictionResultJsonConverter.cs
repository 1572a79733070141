using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Contracts.Wire;

/// <summary>Gives System.Text.Json, and with it MassTransit's envelope, the protocol's form of a response.</summary>
internal sealed class PredictionResultJsonConverter : JsonConverter<PredictionResult>
{
    public override PredictionResult Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        try
        {
            return OipFormat.ReadResult(JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray());
        }
        catch (FormatException fault)
        {
            throw new JsonException(fault.Message, fault);
        }
    }

    public override void Write(Utf8JsonWriter writer, PredictionResult value, JsonSerializerOptions options) =>
        OipWriter.WriteResult(writer, value, binary: false);
}
