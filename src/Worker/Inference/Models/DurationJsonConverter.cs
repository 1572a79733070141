using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Worker.Inference.Models;

/// <summary>Durations with their unit: <c>"250us"</c>, <c>"5ms"</c>, <c>"1.5s"</c>.</summary>
internal sealed class DurationJsonConverter : JsonConverter<TimeSpan>
{
    // A timer takes 49 days at most; nobody waits for a batch that long.
    private const double LongestTicks = TimeSpan.TicksPerHour;

    private static readonly (string Unit, double Ticks)[] s_units =
    [
        ("us", TimeSpan.TicksPerMicrosecond), ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond),
    ];

    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
        foreach (var (unit, ticks) in s_units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && number * ticks is >= 0 and <= LongestTicks)
            {
                return TimeSpan.FromTicks((long)(number * ticks));
            }
        }

        throw new JsonException("expected a duration of at most 1 h such as \"0ms\", \"250us\", \"5ms\" or \"1s\"");
    }

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"{value.TotalMilliseconds}ms"));
}
