using System.Buffers;
using System.Text.Json;

namespace Millrace.Contracts.Wire;

/// <summary>
/// MassTransit's JSON envelope (https://masstransit.io/documentation/concepts/messages): what Millrace needs of one that brings a
/// <see cref="PredictionJob"/>, and the one that takes the <see cref="PredictionResult"/> back.
/// </summary>
public sealed record MassTransitEnvelope
{
    /// <summary>AMQP <c>content_type</c> of the envelope.</summary>
    public const string ContentType = "application/vnd.masstransit+json";

    /// <summary>MassTransit's name for the message type of a job.</summary>
    public const string JobMessageType = "urn:message:Millrace.Contracts:PredictionJob";

    /// <summary>MassTransit's name for the message type of a result.</summary>
    public const string ResultMessageType = "urn:message:Millrace.Contracts:PredictionResult";

    // An address is a URI with a queue's name of 255 bytes, each of which may be escaped.
    private const int MaxTextLength = 2_000;

    /// <summary>The envelope's own id.</summary>
    public Guid? MessageId { get; init; }

    /// <summary>Set by a request client; the response repeats it.</summary>
    public Guid? RequestId { get; init; }

    /// <summary>The conversation that the message is part of.</summary>
    public string? ConversationId { get; init; }

    /// <summary>Where the response goes.</summary>
    public string? ResponseAddress { get; init; }

    /// <summary>The message: the protocol's JSON.</summary>
    public ReadOnlyMemory<byte> Message { get; init; }

    /// <summary>The queue that <see cref="ResponseAddress"/> names; null where there is none.</summary>
    public string? ResponseQueue
    {
        get
        {
            if (ResponseAddress is null)
            {
                return null;
            }

            var address = ResponseAddress.AsSpan();
            var query = address.IndexOf('?');
            address = query < 0 ? address : address[..query];
            var name = address[(address.LastIndexOfAny('/', ':') + 1)..];
            return name.IsEmpty ? null : Uri.UnescapeDataString(name.ToString());
        }
    }

    /// <summary>Reads an envelope; <see cref="Message"/> refers to <paramref name="body"/>.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> body, WireLimits limits, out MassTransitEnvelope envelope, out WireError error)
    {
        ArgumentNullException.ThrowIfNull(limits);
        body = JsonText.WithoutMark(body);
        envelope = new MassTransitEnvelope();
        try
        {
            // The message stands one level deep.
            var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = limits.MaxJsonDepth + 1 });
            if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                envelope = ReadFields(ref reader, body);
            }
        }
        catch (Exception fault) when (fault is JsonException or WireException)
        {
            error = new WireError(ErrorCode.UnreadableBody, $"body: not readable as a MassTransit envelope: {fault.Message}");
            return false;
        }

        error = envelope.Message.IsEmpty
            ? new WireError(ErrorCode.UnreadableBody, "body: a MassTransit envelope whose message is missing or no object")
            : null!;
        return error is null;
    }

    /// <summary>Writes the response to this envelope.</summary>
    /// <param name="result">What it brings.</param>
    /// <param name="messageId">The response's own id.</param>
    /// <param name="pool">Where the body's array is taken from, to be given back there; null for an array of its own.</param>
    public WireBody Respond(PredictionResult result, Guid messageId, ArrayPool<byte>? pool = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        using var buffer = WireBuffer.Rent();
        var writer = buffer.Json;
        writer.WriteStartObject();
        writer.WriteString("messageId"u8, messageId);
        if (RequestId is { } requestId)
        {
            writer.WriteString("requestId"u8, requestId);
        }

        if (ConversationId is not null)
        {
            writer.WriteString("conversationId"u8, ConversationId);
        }

        writer.WriteStartArray("messageType"u8);
        writer.WriteStringValue(ResultMessageType);
        writer.WriteEndArray();
        writer.WritePropertyName("message"u8);
        OipWriter.WriteResult(writer, result, binary: false);
        writer.WriteEndObject();
        writer.Flush();
        return new WireBody(buffer.Copy(pool), ContentType);
    }

    private static MassTransitEnvelope ReadFields(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        Guid? messageId = null, requestId = null;
        string? conversationId = null, responseAddress = null;
        ReadOnlyMemory<byte> message = default;
        while (JsonFields.Next(ref reader, "body"))
        {
            if (reader.ValueTextEquals("messageId"u8)) messageId = ReadGuid(ref reader, "messageId");
            else if (reader.ValueTextEquals("requestId"u8)) requestId = ReadGuid(ref reader, "requestId");
            else if (reader.ValueTextEquals("conversationId"u8)) conversationId = ReadShortText(ref reader, "conversationId");
            else if (reader.ValueTextEquals("responseAddress"u8)) responseAddress = ReadShortText(ref reader, "responseAddress");
            else if (reader.ValueTextEquals("message"u8)) message = ReadObject(ref reader, body);
            else reader.Skip();
        }

        // Throws where something stands behind the object.
        reader.Read();
        return new MassTransitEnvelope
        {
            MessageId = messageId,
            RequestId = requestId,
            ConversationId = conversationId,
            ResponseAddress = responseAddress,
            Message = message,
        };
    }

    private static ReadOnlyMemory<byte> ReadObject(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        reader.Read();
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return isObject ? body[start..(int)reader.BytesConsumed] : default;
    }

    /// <summary>A text that the response repeats, or that its address is.</summary>
    private static string? ReadShortText(ref Utf8JsonReader reader, string field)
    {
        var text = ReadText(ref reader, field);
        return text?.Length > MaxTextLength
            ? throw WireException.Unreadable($"{field}: {text.Length} characters, expected at most {MaxTextLength}")
            : text;
    }

    private static Guid? ReadGuid(ref Utf8JsonReader reader, string field) => Guid.TryParse(ReadText(ref reader, field), out var id) ? id : null;

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
