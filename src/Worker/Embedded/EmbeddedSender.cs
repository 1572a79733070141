using Millrace.Contracts;
using Millrace.Worker.Sending;

namespace Millrace.Worker.Embedded;

/// <summary>The way out where there is no broker: replies go to the embedding process.</summary>
internal sealed class EmbeddedSender(EmbeddedWorkerOptions options) : IMessageSender
{
    public async ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken)
    {
        // A body that could not be read has no queue to wait in here; its sender gets the error as a reply.
        if (message.Exchange != BrokerNames.DeadLetters)
        {
            await options.OnReply(new EmbeddedReply(message.CorrelationId, message.Body));
        }

        return SendOutcome.Confirmed;
    }
}
