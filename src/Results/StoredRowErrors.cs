using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Results;

/// <summary>
/// The form of the <c>row_errors</c> column, which nothing else knows but the views in the migrations: what a reply has,
/// <c>[{"row": 3, "code": "inference_failed", "error": "…"}]</c>, or NULL where no row is bad.
/// </summary>
internal static class StoredRowErrors
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes them; null for none.</summary>
    public static byte[]? Encode(IReadOnlyList<RowError> errors)
    {
        if (errors.Count == 0)
        {
            return null;
        }

        var bytes = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(bytes, s_options);
        RowErrorsJson.Write(writer, [.. errors.Select(error => error with { Error = StorableText.Of(error.Error) })]);
        writer.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The column holds something else.</exception>
    public static IReadOnlyList<RowError> Decode(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            return RowErrorsJson.Read(ref reader, "row_errors");
        }
        catch (Exception e) when (e is JsonException or WireException or InvalidOperationException)
        {
            throw new InvalidDataException($"The column 'row_errors' holds none: {e.Message}", e);
        }
    }
}
