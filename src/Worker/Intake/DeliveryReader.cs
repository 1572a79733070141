using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Contracts.Wire;
using Millrace.Worker.Broker;
using Millrace.Worker.Jobs;

namespace Millrace.Worker.Intake;

/// <summary>Reads a delivery in any of the wire's forms.</summary>
internal sealed class DeliveryReader(IOptions<LimitsOptions> limits)
{
    private readonly int _maxPayloadBytes = limits.Value.MaxPayloadBytes;

    private readonly WireLimits _wireLimits = new()
    {
        MaxRank = limits.Value.MaxRank,
        MaxJsonDepth = limits.Value.MaxJsonDepth,
    };

    public JobReading Read(InboundDelivery delivery)
    {
        var format = WireFormats.Of(delivery.ContentType);
        if (format is null)
        {
            var error = new WireError(
                ErrorCode.UnreadableBody,
                $"content_type: found '{delivery.ContentType}', expected {OipFormat.JsonContentType}, {OipFormat.BinaryContentType} " +
                $"with the header {OipFormat.HeaderLengthHeader}, or {MassTransitEnvelope.ContentType}");
            return Unread(delivery, ReplyRoutes.Of(delivery, WireFormat.Json), error);
        }

        var plain = ReplyRoutes.Of(delivery, format == WireFormat.Binary ? WireFormat.Binary : WireFormat.Json);
        if (BodyEncodings.Read(delivery.ContentEncoding, out var encoding) is { } unknown)
        {
            return Unread(delivery, plain, unknown);
        }

        if (encoding == BodyEncoding.None)
        {
            return TooLarge(delivery, plain) ?? ReadBody(delivery, delivery.Body, format.Value, plain);
        }

        return BodyInflater.Inflate(delivery.Body, encoding, _maxPayloadBytes, BodyPool.Instance, out var inflated) is { } fault
            ? Unread(delivery, plain, fault)
            : ReadInflated(delivery, new InflatedBody(inflated, BodyPool.Instance), format.Value, plain);
    }

    private JobReading ReadInflated(InboundDelivery delivery, InflatedBody inflated, WireFormat format, ReplyRoute plain)
    {
        var reading = ReadBody(delivery, inflated.Bytes, format, plain) with { Inflated = inflated };
        if (reading.IsJob && format != WireFormat.Binary)
        {
            // What was read of JSON has its own memory.
            inflated.Release();
        }

        return reading;
    }

    private JobReading ReadBody(InboundDelivery delivery, ReadOnlyMemory<byte> body, WireFormat format, ReplyRoute plain)
    {
        if (format == WireFormat.MassTransit)
        {
            return ReadEnvelope(delivery, body, plain);
        }

        if (format == WireFormat.Binary && delivery.HeaderLength is null)
        {
            return Unread(delivery, plain, new WireError(
                ErrorCode.UnreadableBody,
                $"header {OipFormat.HeaderLengthHeader}: {delivery.HeaderLengthText ?? "missing"}, expected the length in bytes of the JSON before the tensors"));
        }

        var isRead = format == WireFormat.Binary
            ? OipFormat.TryReadBinaryJob(body, delivery.HeaderLength!.Value, _wireLimits, out var job, out var fault)
            : OipFormat.TryReadJob(body, _wireLimits, out job, out fault);
        return isRead
            ? new JobReading(job.Id ?? IdOf(delivery, body), plain, job, null)
            : Unread(delivery, body, plain, fault);
    }

    private JobReading ReadEnvelope(InboundDelivery delivery, ReadOnlyMemory<byte> body, ReplyRoute plain)
    {
        if (!MassTransitEnvelope.TryRead(body, _wireLimits, out var envelope, out var fault))
        {
            return Unread(delivery, body, plain, fault);
        }

        var route = ReplyRoutes.Of(delivery, WireFormat.MassTransit, envelope);
        return OipFormat.TryReadJob(envelope.Message, _wireLimits, out var job, out fault)
            ? new JobReading(job.Id ?? envelope.MessageId ?? IdOf(delivery, body), route, job, null)
            : Unread(delivery, body, route, fault);
    }

    private JobReading? TooLarge(InboundDelivery delivery, ReplyRoute route) => delivery.Body.Length <= _maxPayloadBytes
        ? null
        : Unread(delivery, route, new WireError(
            ErrorCode.PayloadTooLarge,
            $"body: {delivery.Body.Length} bytes, expected at most {_maxPayloadBytes} (Limits:MaxPayloadBytes); send fewer rows a job")
        {
            Id = OipFormat.FindId(delivery.Body.Span[..Math.Min(delivery.HeaderLength is > 0 and var length ? length : int.MaxValue, delivery.Body.Length)]),
        });

    private static JobReading Unread(InboundDelivery delivery, ReplyRoute route, WireError error) => Unread(delivery, delivery.Body, route, error);

    private static JobReading Unread(InboundDelivery delivery, ReadOnlyMemory<byte> body, ReplyRoute route, WireError error) =>
        new(error.Id ?? IdOf(delivery, body), route, null, error);

    /// <summary>The id of a job that names none. Of what a compressed body says: the same job has the same one however it is compressed.</summary>
    private static Guid IdOf(InboundDelivery delivery, ReadOnlyMemory<byte> body) =>
        JobId.OfMessage(delivery.MessageId, delivery.CorrelationId, delivery.ReplyTo, body.Span);
}
