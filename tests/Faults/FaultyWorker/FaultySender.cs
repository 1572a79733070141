using Millrace.Worker.Sending;

namespace Millrace.FaultyWorker;

/// <summary>The way out to the broker, with the point after a reply, and the control that does not look at returned messages.</summary>
internal sealed class FaultySender(IMessageSender sender, KillSwitch kill, Control control) : IMessageSender
{
    public async ValueTask<SendOutcome> SendAsync(OutboundMessage message, CancellationToken cancellationToken)
    {
        var outcome = await sender.SendAsync(message, cancellationToken);
        kill.Pass(FaultPoint.AfterReply);
        return control == Control.DropMandatory ? SendOutcome.Confirmed : outcome;
    }
}
