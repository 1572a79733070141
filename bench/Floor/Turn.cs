namespace Millrace.Bench.Floor;

/// <summary>A group's place in the order of deliveries: an ack of its last delivery acks those of every group before it.</summary>
internal sealed class Turn(ulong lastDelivery)
{
    public ulong LastDelivery { get; } = lastDelivery;

    public bool IsDone { get; set; }
}
