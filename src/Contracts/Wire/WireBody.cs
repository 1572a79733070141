namespace Millrace.Contracts.Wire;

/// <summary>A body and what its AMQP properties must say of it.</summary>
/// <param name="Bytes">The body.</param>
/// <param name="ContentType">AMQP <c>content_type</c>.</param>
/// <param name="HeaderLength">The value of the header <c>Inference-Header-Content-Length</c>; null where the form has none.</param>
/// <param name="ContentEncoding">AMQP <c>content_encoding</c>: how the bytes are compressed; null where they are not.</param>
public readonly record struct WireBody(ReadOnlyMemory<byte> Bytes, string ContentType, int? HeaderLength = null, string? ContentEncoding = null);
