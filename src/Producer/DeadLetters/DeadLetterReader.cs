using System.Text;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using RabbitMQ.Client;

namespace Millrace.Producer.DeadLetters;

/// <summary>Reads what a dead letter tells of itself.</summary>
internal static class DeadLetterReader
{
    // As wide as a worker's can be set: its own are not known here. A job that is taken for an answered one loses nothing, for it is sent again
    // under another id; one that has a row, and is taken for one without, would be sent under its old id and only be answered from there.
    private static readonly WireLimits s_limits = new() { MaxRank = WireLimits.HighestMaxRank, MaxJsonDepth = WireLimits.HighestMaxJsonDepth };

    public static DeadLetter Read(ulong deliveryTag, string routingKey, IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> bytes)
    {
        var body = new WireBody(bytes, properties.ContentType ?? "", WireFormats.HeaderLength(properties.Headers), properties.ContentEncoding);
        var isReadable = PlainBody.Read(body, out var plain) is { } fault ? TakeId(false, null, fault, out var id) : TryReadId(plain, out id);
        var jobId = id ?? JobId.OfMessage(properties.MessageId, properties.CorrelationId, properties.ReplyTo, plain.Bytes.Span);
        // The broker's word before the header's: what died has whatever headers its publisher gave it, and what a worker sends here has not died.
        var letter = BrokerDeath.Read(properties.Headers, routingKey) is { } death
            ? OfBroker(death, isReadable)
            : Text(properties, BrokerNames.ReasonHeader) is { } reason ? OfWorker(reason, Text(properties, BrokerNames.QueueHeader)) : Unfinished("unknown");
        var isOfModel = BrokerNames.TryParseQueue(letter.Queue ?? "", out var model, out var lane);
        return letter with
        {
            DeliveryTag = deliveryTag,
            JobId = jobId,
            ModelName = isOfModel ? model : null,
            RoutingKey = isOfModel ? BrokerNames.RoutingKey(model, lane) : routingKey,
            DiedAt = letter.DiedAt ?? (properties.IsTimestampPresent() ? Time(properties.Timestamp) : null),
            Properties = properties,
            Body = body,
        };
    }

    private static DeadLetter OfWorker(string text, string? queue)
    {
        var parts = text.Split(": ", 2);
        return Unfinished(parts[0]) with { Explanation = parts.Length > 1 ? parts[1] : null, Queue = queue };
    }

    private static DeadLetter OfBroker(BrokerDeath death, bool isReadable) => Unfinished(death.Reason) with
    {
        Queue = death.ModelQueue ?? death.Queue,
        DiedAt = death.Details.TryGetValue("time", out var time) && time is AmqpTimestamp stamp ? Time(stamp) : null,
        // Workers give none to what is no job of a model's.
        HasRow = isReadable && death.ModelQueue is not null,
    };

    private static DeadLetter Unfinished(string reason) => new()
    {
        DeliveryTag = 0,
        Reason = reason,
        RoutingKey = "",
        JobId = default,
        HasRow = false,
        Properties = new BasicProperties(),
        Body = default,
    };

    /// <summary>Reads the id as the worker does.</summary>
    /// <returns>False where no job can be read of the body.</returns>
    private static bool TryReadId(WireBody body, out Guid? id)
    {
        id = null;
        switch (WireFormats.Of(body.ContentType))
        {
            case WireFormat.Json:
                return TakeId(OipFormat.TryReadJob(body.Bytes, s_limits, out var job, out var error), job, error, out id);
            case WireFormat.Binary:
                return TakeId(OipFormat.TryReadBinaryJob(body.Bytes, body.HeaderLength ?? 0, s_limits, out job, out error), job, error, out id);
            case WireFormat.MassTransit when MassTransitEnvelope.TryRead(body.Bytes, s_limits, out var envelope, out _):
                var isRead = OipFormat.TryReadJob(envelope.Message, s_limits, out job, out error);
                // The envelope's id stands in for the job's where that could be read and is missing.
                var isReadable = TakeId(isRead, job, error, out id);
                id ??= isRead ? envelope.MessageId : null;
                return isReadable;
            default:
                return false;
        }
    }

    private static bool TakeId(bool isRead, PredictionJob? job, WireError error, out Guid? id)
    {
        id = isRead ? job!.Id : error.Id;
        return isRead || error.IsReadable;
    }

    private static DateTimeOffset Time(AmqpTimestamp stamp) => DateTimeOffset.FromUnixTimeSeconds(stamp.UnixTime);

    private static string? Text(IReadOnlyBasicProperties properties, string header) =>
        properties.Headers is { } headers && headers.TryGetValue(header, out var value)
            ? value switch { byte[] bytes => Encoding.UTF8.GetString(bytes), string text => text, _ => null }
            : null;
}
