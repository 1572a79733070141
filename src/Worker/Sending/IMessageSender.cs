namespace Millrace.Worker.Sending;

/// <summary>The process's way out to the broker, apart from the consumers' channels: RabbitMQ, or the embedding process.</summary>
internal interface IMessageSender
{
    /// <summary>Whether a message's body is still read once the message is confirmed. If not, its memory may be used again.</summary>
    bool KeepsBodies => true;

    /// <summary>
    /// Sends a message; ends when the broker has it, however often the connection is lost until then, or when it is given up. Whoever calls
    /// this looks at the outcome: what was not confirmed is nowhere.
    /// </summary>
    ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken);
}
