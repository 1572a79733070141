using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Contracts.Wire;

/// <summary>Gives System.Text.Json, and with it MassTransit's envelope, the protocol's form of a request.</summary>
internal sealed class PredictionJobJsonConverter : JsonConverter<PredictionJob>
{
    public override PredictionJob Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var json = JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray();
        return OipFormat.TryReadJob(json, new WireLimits(), out var job, out var error) ? job : throw new JsonException(error.Message);
    }

    public override void Write(Utf8JsonWriter writer, PredictionJob value, JsonSerializerOptions options) =>
        OipWriter.WriteJob(writer, value, binary: false);
}
