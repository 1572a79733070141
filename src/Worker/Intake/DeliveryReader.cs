using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

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
            return Unread(delivery, ReplyRoute.Of(delivery, WireFormat.Json), error);
        }

        if (format == WireFormat.MassTransit)
        {
            return ReadEnvelope(delivery);
        }

        var route = ReplyRoute.Of(delivery, format.Value);
        if (TooLarge(delivery, route) is { } tooLarge)
        {
            return tooLarge;
        }

        if (format == WireFormat.Binary && delivery.HeaderLength is null)
        {
            return Unread(delivery, route, new WireError(
                ErrorCode.UnreadableBody,
                $"header {OipFormat.HeaderLengthHeader}: {delivery.HeaderLengthText ?? "missing"}, expected the length in bytes of the JSON before the tensors"));
        }

        var isRead = format == WireFormat.Binary
            ? OipFormat.TryReadBinaryJob(delivery.Body, delivery.HeaderLength!.Value, _wireLimits, out var job, out var fault)
            : OipFormat.TryReadJob(delivery.Body, _wireLimits, out job, out fault);
        return isRead
            ? new JobReading(job.Id ?? IdOf(delivery), route, job, null)
            : Unread(delivery, route, fault);
    }

    private JobReading ReadEnvelope(InboundDelivery delivery)
    {
        var plain = ReplyRoute.Of(delivery, WireFormat.Json);
        if (TooLarge(delivery, plain) is { } tooLarge)
        {
            return tooLarge;
        }

        if (!MassTransitEnvelope.TryRead(delivery.Body, _wireLimits, out var envelope, out var fault))
        {
            return Unread(delivery, plain, fault);
        }

        var route = ReplyRoute.Of(delivery, WireFormat.MassTransit, envelope);
        return OipFormat.TryReadJob(envelope.Message, _wireLimits, out var job, out fault)
            ? new JobReading(job.Id ?? envelope.MessageId ?? IdOf(delivery), route, job, null)
            : Unread(delivery, route, fault);
    }

    private JobReading? TooLarge(InboundDelivery delivery, ReplyRoute route) => delivery.Body.Length <= _maxPayloadBytes
        ? null
        : Unread(delivery, route, new WireError(
            ErrorCode.PayloadTooLarge,
            $"body: {delivery.Body.Length} bytes, expected at most {_maxPayloadBytes} (Limits:MaxPayloadBytes); send fewer rows a job")
        {
            Id = OipFormat.FindId(delivery.Body.Span[..Math.Min(delivery.HeaderLength is > 0 and var length ? length : int.MaxValue, delivery.Body.Length)]),
        });

    private static JobReading Unread(InboundDelivery delivery, ReplyRoute route, WireError error) =>
        new(error.Id ?? IdOf(delivery), route, null, error);

    private static Guid IdOf(InboundDelivery delivery) =>
        JobId.OfMessage(delivery.MessageId, delivery.CorrelationId, delivery.ReplyTo, delivery.Body.Span);
}
