namespace Millrace.Worker.Jobs;

/// <summary>How a delivery ends at the transport that it came by. Whatever is called first counts.</summary>
internal interface ISettlement
{
    /// <summary>Its row is committed and its reply is sent: it is acked.</summary>
    void Complete();

    /// <summary>The worker ends before the job does, or cannot keep it: it goes back to its queue.</summary>
    void Abandon(Exception cause);

    /// <summary>Says that nobody reads the delivery's body any more. Where that is not certain it is never called: the body is collected then.</summary>
    void ReleaseBody()
    {
    }
}
