using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Millrace.Contracts;
using Millrace.Contracts.Wire;

namespace Millrace.Worker.Intake;

/// <summary>Reads a delivery in any of the wire's forms.</summary>
internal sealed class DeliveryReader(IOptions<LimitsOptions> limits)
{
    // Namespace of ids that are derived from a delivery's content; a random constant of this project.
    private static readonly Guid s_contentNamespace = new("5f0d5f2e-6a0e-4b52-9c39-0a4f9c3c8a51");

    private readonly int _maxPayloadBytes = limits.Value.MaxPayloadBytes;

    private readonly WireLimits _wireLimits = new()
    {
        MaxRank = limits.Value.MaxRank,
        MaxJsonDepth = limits.Value.MaxJsonDepth,
    };

    public JobReading Read(InboundDelivery delivery)
    {
        var format = FormatOf(delivery);
        if (format is null)
        {
            var error = new WireError(
                ErrorCode.UnreadableBody,
                $"content_type: found '{delivery.ContentType}', expected {OipFormat.JsonContentType}, {OipFormat.BinaryContentType} " +
                $"with the header {OipFormat.HeaderLengthHeader}, or {MassTransitEnvelope.ContentType}");
            return Unread(delivery, new ReplyRoute(delivery.ReplyTo, delivery.CorrelationId, WireFormat.Json), error);
        }

        if (format == WireFormat.MassTransit)
        {
            return ReadEnvelope(delivery);
        }

        var route = new ReplyRoute(delivery.ReplyTo, delivery.CorrelationId, format.Value);
        if (TooLarge(delivery, route) is { } tooLarge)
        {
            return tooLarge;
        }

        var isRead = format == WireFormat.Binary
            ? OipFormat.TryReadBinaryJob(delivery.Body, delivery.HeaderLength ?? 0, _wireLimits, out var job, out var fault)
            : OipFormat.TryReadJob(delivery.Body, _wireLimits, out job, out fault);
        return isRead
            ? new JobReading(job.Id ?? DeriveId(delivery, delivery.MessageId), route, job, null)
            : Unread(delivery, route, fault);
    }

    private JobReading ReadEnvelope(InboundDelivery delivery)
    {
        var plain = new ReplyRoute(delivery.ReplyTo, delivery.CorrelationId, WireFormat.Json);
        if (TooLarge(delivery, plain) is { } tooLarge)
        {
            return tooLarge;
        }

        if (!MassTransitEnvelope.TryRead(delivery.Body, _wireLimits, out var envelope, out var fault))
        {
            return Unread(delivery, plain, fault);
        }

        var route = new ReplyRoute(envelope.ResponseQueue ?? delivery.ReplyTo, delivery.CorrelationId, WireFormat.MassTransit, envelope);
        return OipFormat.TryReadJob(envelope.Message, _wireLimits, out var job, out fault)
            ? new JobReading(job.Id ?? envelope.MessageId ?? DeriveId(delivery, delivery.MessageId), route, job, null)
            : Unread(delivery, route, fault);
    }

    private JobReading? TooLarge(InboundDelivery delivery, ReplyRoute route) => delivery.Body.Length <= _maxPayloadBytes
        ? null
        : Unread(delivery, route, new WireError(
            ErrorCode.PayloadTooLarge,
            $"body: {delivery.Body.Length} bytes, expected at most {_maxPayloadBytes} (Limits:MaxPayloadBytes); send fewer rows a job")
        {
            Id = OipFormat.FindId(delivery.Body.Span[..Math.Clamp(delivery.HeaderLength ?? int.MaxValue, 0, delivery.Body.Length)]),
        });

    private static JobReading Unread(InboundDelivery delivery, ReplyRoute route, WireError error) =>
        new(error.Id ?? DeriveId(delivery, delivery.MessageId), route, null, error);

    private static WireFormat? FormatOf(InboundDelivery delivery)
    {
        var type = delivery.ContentType.AsSpan();
        var parameters = type.IndexOf(';');
        type = (parameters < 0 ? type : type[..parameters]).Trim();
        if (type.Equals(OipFormat.BinaryContentType, StringComparison.OrdinalIgnoreCase))
        {
            return WireFormat.Binary;
        }

        if (type.Equals(MassTransitEnvelope.ContentType, StringComparison.OrdinalIgnoreCase))
        {
            return WireFormat.MassTransit;
        }

        // Many clients name no content type at all; the protocol's JSON is what a body is then.
        return type.IsEmpty || type.Equals(OipFormat.JsonContentType, StringComparison.OrdinalIgnoreCase) ? WireFormat.Json : null;
    }

    /// <summary>
    /// The id of a job that names none. It must be the same at every delivery of the message, or a redelivery would be another job:
    /// AMQP's <c>message_id</c> where it is a UUID, else a hash of all that tells this message from another one.
    /// </summary>
    private static Guid DeriveId(InboundDelivery delivery, string? messageId)
    {
        if (Guid.TryParseExact(messageId, "D", out var id))
        {
            return id;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in new[] { messageId, delivery.CorrelationId, delivery.ReplyTo })
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text ?? ""));
            hash.AppendData([0]);
        }

        hash.AppendData(delivery.Body.Span);
        return JobId.Derive(s_contentNamespace, hash.GetHashAndReset());
    }
}
