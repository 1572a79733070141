using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Producer.DeadLetters;

/// <summary>
/// Makes a new job of a dead one: the same request under another id. A job's row is final, so under its old id the job would only be
/// answered from there.
/// </summary>
internal static class NewJob
{
    private const int DeepestRequest = WireLimits.HighestMaxJsonDepth;

    // The request stands one level deep.
    private const int DeepestEnvelope = DeepestRequest + 1;

    /// <summary>
    /// The new job's id. The same dead letter always gives the same one: one that is sent twice, because the first time was cut off
    /// between the confirm and the ack, is one job.
    /// </summary>
    public static Guid IdOf(DeadLetter letter)
    {
        Span<byte> name = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(name, letter.DiedAt?.ToUnixTimeSeconds() ?? 0);
        return JobId.Derive(letter.JobId, name);
    }

    /// <summary>The request under another id; every other field goes as it came, numbers digit by digit, and compressed as it came.</summary>
    /// <returns>False for a body that is not JSON, or whose id cannot be told from the rest.</returns>
    public static bool TryRename(WireBody body, Guid id, out WireBody renamed)
    {
        renamed = default;
        if (PlainBody.Read(body, out var plain) is not null || !TryRenamePlain(plain, id, out var other))
        {
            return false;
        }

        renamed = PlainBody.Compress(other, body.ContentEncoding);
        return true;
    }

    private static bool TryRenamePlain(WireBody body, Guid id, out WireBody renamed)
    {
        renamed = default;
        switch (WireFormats.Of(body.ContentType))
        {
            case WireFormat.Json when TryParse(body.Bytes, DeepestRequest, out var document):
                using (document)
                {
                    renamed = body with { Bytes = Write(writer => WriteRequest(writer, document.RootElement, id)) };
                }

                return true;
            case WireFormat.Binary when body.HeaderLength is { } length && length > 0 && length <= body.Bytes.Length && TryParse(body.Bytes[..length], DeepestRequest, out var header):
                using (header)
                {
                    var json = Write(writer => WriteRequest(writer, header.RootElement, id));
                    renamed = new WireBody((byte[])[.. json.Span, .. body.Bytes.Span[length..]], body.ContentType, json.Length);
                }

                return true;
            case WireFormat.MassTransit when TryParse(body.Bytes, DeepestEnvelope, out var envelope):
                using (envelope)
                {
                    renamed = body with { Bytes = Write(writer => WriteEnvelope(writer, envelope.RootElement, id)) };
                }

                return true;
            default:
                return false;
        }
    }

    private static bool TryParse(ReadOnlyMemory<byte> json, int deepest, [NotNullWhen(true)] out JsonDocument? document)
    {
        try
        {
            document = JsonDocument.Parse(JsonText.WithoutMark(json), new JsonDocumentOptions { MaxDepth = deepest });
        }
        catch (JsonException)
        {
            document = null;
            return false;
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return true;
        }

        document.Dispose();
        document = null;
        return false;
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = DeepestEnvelope }))
        {
            write(writer);
        }

        return buffer.WrittenMemory;
    }

    private static void WriteRequest(Utf8JsonWriter writer, JsonElement request, Guid id) =>
        WriteObject(writer, request, ("id", () => writer.WriteStringValue(id)));

    private static void WriteEnvelope(Utf8JsonWriter writer, JsonElement envelope, Guid id)
    {
        if (envelope.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.Object)
        {
            WriteObject(
                writer, envelope, ("messageId", () => writer.WriteStringValue(id)), ("message", () => WriteRequest(writer, message, id)));
        }
        else
        {
            WriteObject(writer, envelope, ("messageId", () => writer.WriteStringValue(id)));
        }
    }

    private static void WriteObject(Utf8JsonWriter writer, JsonElement source, params ReadOnlySpan<(string Name, Action Write)> replaced)
    {
        writer.WriteStartObject();
        foreach (var (name, write) in replaced)
        {
            writer.WritePropertyName(name);
            write();
        }

        foreach (var field in source.EnumerateObject())
        {
            if (!IsReplaced(field, replaced))
            {
                field.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }

    private static bool IsReplaced(JsonProperty field, ReadOnlySpan<(string Name, Action Write)> replaced)
    {
        foreach (var (name, _) in replaced)
        {
            if (field.NameEquals(name))
            {
                return true;
            }
        }

        return false;
    }
}
