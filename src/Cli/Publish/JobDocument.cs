using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Producer;
using Millrace.Scoring;

namespace Millrace.Cli.Publish;

/// <summary>
/// A job as a person wrote it, in the protocol's JSON. Only what routing needs is read here; what else may be wrong with it is the
/// worker's to say, to everyone in the same words.
/// </summary>
internal static class JobDocument
{
    private const int DeepestJson = 64;

    /// <summary>Makes the job ready to go: with the model that was asked for, and with an id.</summary>
    /// <param name="body">The file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="modelName">Takes the place of the job's own <c>model_name</c>; null leaves that.</param>
    /// <param name="lane">The lane to send it by.</param>
    /// <param name="time">The clock that a new id is made from.</param>
    /// <exception cref="UsageException">It is not a JSON object, or names no model.</exception>
    public static OutgoingJob Read(ReadOnlyMemory<byte> body, string name, string? modelName, Lane lane, TimeProvider time)
    {
        RequireUtf8(body.Span, name);
        body = JsonText.WithoutMark(body);
        using var document = Parse(body, name);
        RequireTexts(body.Span, name);
        var job = document.RootElement;
        if (job.ValueKind != JsonValueKind.Object)
        {
            throw new UsageException($"{name} holds JSON, but not an object", "expected one job: {\"model_name\": …, \"inputs\": […]}");
        }

        modelName ??= Text(job, "model_name") ?? throw new UsageException($"{name} has no model_name", "add it, or give --model NAME");
        if (!BrokerNames.IsModelName(modelName))
        {
            throw new UsageException($"'{modelName}' cannot be a model's name", "1 to 100 of A-Z a-z 0-9 . _ -");
        }

        // An id that is no UUID goes out as it is, to be rejected; the number it is known by here is then only ours.
        var given = job.TryGetProperty("id", out var idField) && idField.ValueKind != JsonValueKind.Null;
        var id = given && idField.ValueKind == JsonValueKind.String && Guid.TryParseExact(idField.GetString(), "D", out var own)
            ? own
            : JobId.New(time);
        return new OutgoingJob(id, modelName, lane, Write(job, modelName, given ? null : id));
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> body, string name)
    {
        try
        {
            return JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = DeepestJson });
        }
        catch (JsonException malformed)
        {
            throw new UsageException(
                $"{name} is not JSON: line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}",
                "expected one job: {\"model_name\": …, \"inputs\": […]}");
        }
    }

    /// <summary>What is not UTF-8 would be written as another text, and nobody would hear of it.</summary>
    private static void RequireUtf8(ReadOnlySpan<byte> body, string name)
    {
        if (Utf8.IsValid(body))
        {
            return;
        }

        if (body is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw new UsageException($"{name} is UTF-16", "JSON is UTF-8: in PowerShell, write it with Out-File -Encoding utf8");
        }

        var at = 0;
        while (Rune.DecodeFromUtf8(body[at..], out _, out var length) == OperationStatus.Done)
        {
            at += length;
        }

        var before = body[..at];
        throw new UsageException(
            $"{name} is not UTF-8: line {before.Count((byte)'\n') + 1}, byte {at - before.LastIndexOf((byte)'\n')} is 0x{body[at]:X2}", "save it as UTF-8");
    }

    /// <summary>Escapes may spell what is no text.</summary>
    private static void RequireTexts(ReadOnlySpan<byte> body, string name)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = DeepestJson });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped && JsonText.TryRead(ref reader) is null)
            {
                throw new UsageException(
                    $"{name} has half a surrogate pair in the string at byte {reader.TokenStartIndex + 1}", "a character beyond U+FFFF is spelled by two \\u escapes");
            }
        }
    }

    private static string? Text(JsonElement job, string field) =>
        job.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static WireBody Write(JsonElement job, string modelName, Guid? newId)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = DeepestJson }))
        {
            writer.WriteStartObject();
            writer.WriteString("model_name"u8, modelName);
            if (newId is { } id)
            {
                writer.WriteString("id"u8, id);
            }

            foreach (var field in job.EnumerateObject())
            {
                // Written already; every other field goes as it came, numbers digit by digit.
                if (!field.NameEquals("model_name"u8) && !(newId is not null && field.NameEquals("id"u8)))
                {
                    field.WriteTo(writer);
                }
            }

            writer.WriteEndObject();
        }

        return new WireBody(buffer.WrittenMemory, OipFormat.JsonContentType);
    }
}
