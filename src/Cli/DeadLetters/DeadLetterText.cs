using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Millrace.Cli.Results;
using Millrace.Contracts.Wire;
using Millrace.Producer.DeadLetters;
using RabbitMQ.Client;

namespace Millrace.Cli.DeadLetters;

/// <summary>A dead letter, as a line of a table, as JSON, or whole.</summary>
internal static class DeadLetterText
{
    /// <summary>What is said where there is none.</summary>
    public const string None = "no dead letters fit";

    /// <summary>The most that is shown of a body.</summary>
    public const int MostBodyBytes = 16 << 10;

    /// <summary>The cells of a table.</summary>
    public static string[] Cells(DeadLetter letter) =>
    [
        Time(letter.DiedAt),
        letter.JobId.ToString(),
        letter.Queue ?? "",
        letter.Body.Bytes.Length.ToString(CultureInfo.InvariantCulture),
        letter.Explanation is null ? letter.Reason : $"{letter.Reason}: {letter.Explanation}",
    ];

    /// <summary>What the table says, as JSON.</summary>
    public static void WriteLine(Utf8JsonWriter json, DeadLetter letter)
    {
        json.WriteStartObject();
        WriteFields(json, letter);
        json.WriteEndObject();
    }

    /// <summary>All of it, the body up to <see cref="MostBodyBytes"/>: as text where it is, else in base 64.</summary>
    public static void WriteWhole(Utf8JsonWriter json, DeadLetter letter)
    {
        json.WriteStartObject();
        WriteFields(json, letter);
        var properties = letter.Properties;
        json.WriteString("content_type"u8, properties.ContentType);
        json.WriteString("content_encoding"u8, properties.ContentEncoding);
        json.WriteString("message_id"u8, properties.MessageId);
        json.WriteString("correlation_id"u8, properties.CorrelationId);
        json.WriteString("reply_to"u8, properties.ReplyTo);
        json.WritePropertyName("headers"u8);
        WriteValue(json, letter.Headers);
        // What it says, where it is compressed and can be inflated.
        PlainBody.Read(letter.Body, out var plain);
        var shown = Shown(plain);
        json.WriteBoolean("body_is_whole"u8, shown.Length == plain.Bytes.Length);
        if (IsText(shown.Span))
        {
            json.WriteString("body"u8, shown.Span);
        }
        else
        {
            json.WriteBase64String("body_base64"u8, shown.Span);
        }

        json.WriteEndObject();
    }

    /// <summary>The same for people.</summary>
    public static async Task PrintWholeAsync(DeadLetter letter, Stream output, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        var properties = letter.Properties;
        foreach (var (name, value) in new[]
        {
            ("job", letter.JobId.ToString()),
            ("died (UTC)", Time(letter.DiedAt)),
            ("reason", letter.Explanation is null ? letter.Reason : $"{letter.Reason}: {letter.Explanation}"),
            ("queue", letter.Queue),
            ("row", letter.HasRow ? "yes: a worker has answered the job" : "none"),
            ("content_type", properties.ContentType),
            ("content_encoding", properties.ContentEncoding),
            ("message_id", properties.MessageId),
            ("correlation_id", properties.CorrelationId),
            ("reply_to", properties.ReplyTo),
        })
        {
            if (!string.IsNullOrEmpty(value))
            {
                await writer.WriteLineAsync($"{name + ": ",-16}{Printable(value)}".AsMemory(), cancellationToken);
            }
        }

        foreach (var (name, value) in letter.Headers)
        {
            await writer.WriteLineAsync($"{Printable(name) + ": ",-16}{Printable(ToJson(value))}".AsMemory(), cancellationToken);
        }

        var fault = PlainBody.Read(letter.Body, out var plain);
        var inflated = fault is not null ? $" ({fault.Message})" : plain.Bytes.Length != letter.Body.Bytes.Length ? $", inflated {plain.Bytes.Length}" : "";
        var shown = Shown(plain);
        await writer.WriteLineAsync(
            $"{"body:",-16}{letter.Body.Bytes.Length} bytes{inflated}{(shown.Length < plain.Bytes.Length ? $", the first {shown.Length}" : "")}".AsMemory(),
            cancellationToken);
        await writer.WriteLineAsync(
            (IsText(shown.Span) ? Printable(Encoding.UTF8.GetString(shown.Span), keepLines: true) : Convert.ToHexStringLower(shown.Span)).AsMemory(),
            cancellationToken);
        await writer.WriteLineAsync(ReadOnlyMemory<char>.Empty, cancellationToken);
    }

    /// <summary>A time in UTC, to the second; nothing where it is not known.</summary>
    public static string Time(DateTimeOffset? time) => time is { } known ? ResultText.Time(known) : "";

    private static void WriteFields(Utf8JsonWriter json, DeadLetter letter)
    {
        json.WriteString("job_id"u8, letter.JobId);
        json.WriteString("reason"u8, letter.Reason);
        json.WriteString("explanation"u8, letter.Explanation);
        json.WriteString("queue"u8, letter.Queue);
        json.WriteString("model_name"u8, letter.ModelName);
        ResultText.WriteTime(json, "died_at"u8, letter.DiedAt);
        json.WriteBoolean("has_row"u8, letter.HasRow);
        json.WriteNumber("body_bytes"u8, letter.Body.Bytes.Length);
    }

    /// <summary>The body's beginning; of a binary one the JSON header alone, where it has one.</summary>
    private static ReadOnlyMemory<byte> Shown(WireBody body)
    {
        var length = Math.Min(body.Bytes.Length, MostBodyBytes);
        if (body.HeaderLength is > 0 and var header && header < length)
        {
            length = header;
        }

        // Not in the middle of a character.
        while (length < body.Bytes.Length && length > 0 && (body.Bytes.Span[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return body.Bytes[..length];
    }

    private static bool IsText(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) && !bytes.Contains((byte)0);

    private static string ToJson(object? value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WriteValue(writer, value);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>A value of AMQP, as the client library gives it.</summary>
    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case byte[] bytes when IsText(bytes):
                json.WriteStringValue(bytes);
                break;
            case byte[] bytes:
                json.WriteBase64StringValue(bytes);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case AmqpTimestamp time:
                json.WriteStringValue(DateTimeOffset.FromUnixTimeSeconds(time.UnixTime).UtcDateTime);
                break;
            case IDictionary<string, object?> table:
                json.WriteStartObject();
                foreach (var (name, entry) in table)
                {
                    json.WritePropertyName(name);
                    WriteValue(json, entry);
                }

                json.WriteEndObject();
                break;
            case IList list:
                json.WriteStartArray();
                foreach (var entry in list)
                {
                    WriteValue(json, entry);
                }

                json.WriteEndArray();
                break;
            case long or int or short or sbyte or byte or ushort or uint:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    /// <summary>Texts come from callers: what a terminal would take as a command is not passed on.</summary>
    private static string Printable(string text, bool keepLines = false) =>
        string.Concat(text.Select(c => char.IsControl(c) && !(keepLines && c is '\n' or '\t') ? '\uFFFD' : c));
}
