namespace Millrace.Worker.Delivery;

/// <summary>What the broker says of a message.</summary>
internal enum SendOutcome
{
    /// <summary>A queue has it.</summary>
    Confirmed,

    /// <summary>No queue takes it.</summary>
    Unroutable,
}
