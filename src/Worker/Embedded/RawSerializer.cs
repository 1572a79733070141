using System.Net.Mime;
using MassTransit;

namespace Millrace.Worker.Embedded;

/// <summary>Hands a message that is bytes already to the transport as it is.</summary>
internal sealed class RawSerializer : IMessageSerializer
{
    public ContentType ContentType { get; } = new("application/octet-stream");

    public MessageBody GetMessageBody<T>(SendContext<T> context)
        where T : class => new BytesMessageBody(((RawMessage)(object)context.Message).Bytes);
}

/// <summary>A body on its way through MassTransit's in-memory transport.</summary>
/// <param name="Bytes">The body.</param>
internal sealed record RawMessage(byte[] Bytes);
