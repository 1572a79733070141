namespace Millrace.Worker.Sending;

/// <summary>What the broker says of a caller behind a direct reply-to.</summary>
internal enum CallerAnswer
{
    /// <summary>Its channel is open.</summary>
    Present,

    /// <summary>It is gone, or never was.</summary>
    Gone,

    /// <summary>The broker did not say so in time, or may not tell us.</summary>
    Unclear,

    /// <summary>The broker closed the connection over the question: that is no name of its making.</summary>
    CostsChannel,
}
