namespace Millrace.Worker.Sending;

/// <summary>What became of a message. All but the first are final for it: it was tried as often as is worth it.</summary>
internal enum SendOutcome
{
    /// <summary>A queue has it.</summary>
    Confirmed,

    /// <summary>No queue takes it.</summary>
    Unroutable,

    /// <summary>Its queue refused it each time: it is full, and made with <c>reject-publish</c>.</summary>
    Refused,

    /// <summary>It is larger than the broker's <c>max_message_size</c>.</summary>
    TooLarge,

    /// <summary>One of its properties is longer than AMQP's 255 bytes.</summary>
    CannotBeWritten,

    /// <summary>The broker closed the channel over it each time, at last with nothing else in flight.</summary>
    CostsChannel,
}
